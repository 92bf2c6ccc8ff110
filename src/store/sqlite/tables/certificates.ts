import type { Certificate, CertificateOrigin, Issuance } from "../../../model/certificate.ts";
import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface CertificateRow {
  app_id: string | null;
  origin: CertificateOrigin;
  chain: string;
  private_key: string;
  names: string;
  not_before: number;
  not_after: number;
  created_at: number;
}

interface IssuanceRow {
  failures: number;
  error: string;
  retry_at: number;
}

const columns = "app_id, origin, chain, private_key, names, not_before, not_after, created_at";

// IS and not =: the host's has no app, and NULL = NULL is not true.
export function certificateView(db: Connection): View["certificates"] {
  return {
    list: () =>
      db.all<CertificateRow>(`SELECT ${columns} FROM certificates ORDER BY created_at, app_id`).map(toCertificate),
    of: (appId) => {
      const row = db.get<CertificateRow>(`SELECT ${columns} FROM certificates WHERE app_id IS ?`, appId ?? null);
      return row && toCertificate(row);
    },
    issuance: (appId) => {
      const row = db.get<IssuanceRow>("SELECT failures, error, retry_at FROM issuances WHERE app_id = ?", appId);
      return row && toIssuance(row);
    },
  };
}

export function certificateChanges(db: Connection): Changes["certificates"] {
  const remove = (appId: string | undefined) => {
    db.run("DELETE FROM certificates WHERE app_id IS ?", appId ?? null);
  };
  return {
    ...certificateView(db),
    put: (certificate) => {
      remove(certificate.appId);
      db.run(
        `INSERT INTO certificates (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        certificate.appId ?? null,
        certificate.origin,
        certificate.chain,
        certificate.key,
        JSON.stringify(certificate.names),
        certificate.notBefore,
        certificate.notAfter,
        certificate.createdAt,
      );
    },
    remove,
    setIssuance: (appId, issuance) => {
      db.run("DELETE FROM issuances WHERE app_id = ?", appId);
      if (issuance === undefined) return;
      const { failures, error, retryAt } = issuance;
      db.run(
        "INSERT INTO issuances (app_id, failures, error, retry_at) VALUES (?, ?, ?, ?)",
        appId,
        failures,
        error,
        retryAt,
      );
    },
  };
}

function toCertificate(row: CertificateRow): Certificate {
  return {
    appId: row.app_id ?? undefined,
    origin: row.origin,
    chain: row.chain,
    key: row.private_key,
    names: JSON.parse(row.names) as string[],
    notBefore: row.not_before,
    notAfter: row.not_after,
    createdAt: row.created_at,
  };
}

function toIssuance({ failures, error, retry_at }: IssuanceRow): Issuance {
  return { failures, error, retryAt: retry_at };
}
