import type { Changes, View } from "../store.ts";
import type { Connection } from "./connection.ts";
import { appChanges, appView } from "./tables/apps.ts";
import { buildChanges, buildView } from "./tables/builds.ts";
import { certificateChanges, certificateView } from "./tables/certificates.ts";
import { configChanges, configView } from "./tables/config.ts";
import { domainChanges, domainView } from "./tables/domains.ts";
import { formationChanges, formationView } from "./tables/formation.ts";
import { keyChanges, keyView } from "./tables/keys.ts";
import { lineageChanges, lineageView } from "./tables/lineage.ts";
import { propertyChanges, propertyView } from "./tables/properties.ts";
import { releaseChanges, releaseView } from "./tables/releases.ts";
import { routeChanges, routeView } from "./tables/routes.ts";
import { trafficChanges, trafficView } from "./tables/traffic.ts";

export function createView(connection: Connection): View {
  return {
    apps: appView(connection),
    keys: keyView(connection),
    config: configView(connection),
    builds: buildView(connection),
    releases: releaseView(connection),
    domains: domainView(connection),
    formation: formationView(connection),
    routes: routeView(connection),
    properties: propertyView(connection),
    traffic: trafficView(connection),
    certificates: certificateView(connection),
    lineage: lineageView(connection),
  };
}

export function createChanges(connection: Connection): Changes {
  return {
    apps: appChanges(connection),
    keys: keyChanges(connection),
    config: configChanges(connection),
    builds: buildChanges(connection),
    releases: releaseChanges(connection),
    domains: domainChanges(connection),
    formation: formationChanges(connection),
    routes: routeChanges(connection),
    properties: propertyChanges(connection),
    traffic: trafficChanges(connection),
    certificates: certificateChanges(connection),
    lineage: lineageChanges(connection),
  };
}
