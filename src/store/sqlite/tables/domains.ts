import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

export function domainView(db: Connection): View["domains"] {
  return {
    of: (appId) =>
      db
        .all<{ domain: string }>("SELECT domain FROM domains WHERE app_id = ? ORDER BY sequence", appId)
        .map((row) => row.domain),
    owner: (domain) => db.get<{ app_id: string }>("SELECT app_id FROM domains WHERE domain = ?", domain)?.app_id,
  };
}

export function domainChanges(db: Connection): Changes["domains"] {
  return {
    ...domainView(db),
    add: (appId, domain) => {
      db.run("INSERT INTO domains (app_id, domain) VALUES (?, ?)", appId, domain);
    },
    remove: (appId, domain) => {
      db.run("DELETE FROM domains WHERE app_id = ? AND domain = ?", appId, domain);
    },
  };
}
