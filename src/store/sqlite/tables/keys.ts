import type { Key } from "../../../model/key.ts";
import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface KeyRow {
  name: string;
  fingerprint: string;
  public_key: string;
  admin: number;
  created_at: number;
}

const columns = "name, fingerprint, public_key, admin, created_at";

export function keyView(db: Connection): View["keys"] {
  return {
    list: () => db.all<KeyRow>(`SELECT ${columns} FROM keys ORDER BY name`).map(toKey),
    byFingerprint: (fingerprint) =>
      optional(db.get<KeyRow>(`SELECT ${columns} FROM keys WHERE fingerprint = ?`, fingerprint)),
    byName: (name) => optional(db.get<KeyRow>(`SELECT ${columns} FROM keys WHERE name = ?`, name)),
  };
}

export function keyChanges(db: Connection): Changes["keys"] {
  return {
    ...keyView(db),
    insert: (key) => {
      db.run(
        `INSERT INTO keys (${columns}) VALUES (?, ?, ?, ?, ?)`,
        key.name,
        key.fingerprint,
        key.publicKey,
        Number(key.admin),
        key.createdAt,
      );
    },
    update: (key) => {
      const changed = db.run(
        "UPDATE keys SET name = ?, public_key = ?, admin = ?, created_at = ? WHERE fingerprint = ?",
        key.name,
        key.publicKey,
        Number(key.admin),
        key.createdAt,
        key.fingerprint,
      );
      if (changed === 0) throw new Error(`key ${key.fingerprint} is not in the store`);
    },
    remove: (fingerprint) => {
      db.run("DELETE FROM keys WHERE fingerprint = ?", fingerprint);
    },
  };
}

function optional(row: KeyRow | undefined): Key | undefined {
  return row && toKey(row);
}

function toKey(row: KeyRow): Key {
  return {
    name: row.name,
    fingerprint: row.fingerprint,
    publicKey: row.public_key,
    admin: row.admin === 1,
    createdAt: row.created_at,
  };
}
