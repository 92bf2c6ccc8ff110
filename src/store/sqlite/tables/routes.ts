import type { ManualRoute } from "../../../model/foreign.ts";
import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

export function routeView(db: Connection): View["routes"] {
  return {
    list: () => db.all<ManualRoute>("SELECT domain, url FROM routes ORDER BY domain").map((row) => ({ ...row })),
  };
}

export function routeChanges(db: Connection): Changes["routes"] {
  return {
    ...routeView(db),
    add: ({ domain, url }) => {
      db.run("INSERT INTO routes (domain, url) VALUES (?, ?)", domain, url);
    },
    remove: (domain) => {
      db.run("DELETE FROM routes WHERE domain = ?", domain);
    },
  };
}
