import { addKey } from "./add-key.ts";
import { addCertificate, certificate, generateCertificate, removeCertificate } from "./app-certificate.ts";
import { globalDomains } from "./app-domains.ts";
import { appReport } from "./app-report.ts";
import { addBuildOption, buildOptions, removeBuildOptions } from "./build-options.ts";
import { buildpacks, changeBuildpacks } from "./buildpacks.ts";
import { buildOf, buildOutput, cancelBuild, listBuilds, pruneBuildRecords } from "./builds.ts";
import { addDomains, clearDomains, enableDomains, removeDomains, resetDomains, setDomains } from "./change-domains.ts";
import { cleanup } from "./cleanup.ts";
import type { Context } from "./context.ts";
import { createApp } from "./create-app.ts";
import { deploy } from "./deploy.ts";
import { destroyApp } from "./destroy-app.ts";
import { domainReport } from "./domain-report.ts";
import { clearErrorPage, errorPage, errorPages, setErrorPage } from "./error-pages.ts";
import { formation } from "./formation.ts";
import { getConfig } from "./get-config.ts";
import { addGlobalDomains, removeGlobalDomains, setGlobalDomains } from "./global-domains.ts";
import { importArchive } from "./import-archive.ts";
import { importImage, loadImage } from "./import-image.ts";
import { disableLetsencrypt, enableLetsencrypt, letsencryptReport } from "./letsencrypt.ts";
import { liveTraffic } from "./live-traffic.ts";
import { logs } from "./logs.ts";
import { addRoute, listRoutes, removeRoute } from "./manual-routes.ts";
import type { Operations } from "./operations.ts";
import { branchToPushAgain, settlePush } from "./pending-move.ts";
import { processReport } from "./process-report.ts";
import { property } from "./properties.ts";
import { purgeCache } from "./purge-cache.ts";
import { rebuild } from "./rebuild.ts";
import { recoverAdopt, recoverForget, recoverReport } from "./recover.ts";
import { releases } from "./releases.ts";
import { removeKey } from "./remove-key.ts";
import { renameApp } from "./rename-app.ts";
import { appByName } from "./require-app.ts";
import { restart } from "./restart.ts";
import { rollback } from "./rollback.ts";
import { runDyno } from "./run-dyno.ts";
import { guarded } from "./safe-mode.ts";
import { scale } from "./scale.ts";
import { setConfig } from "./set-config.ts";
import { setKeyAdmin } from "./set-key-admin.ts";
import { setProperty } from "./set-property.ts";
import { start } from "./start.ts";
import { stop } from "./stop.ts";
import { syncRepository } from "./sync-repository.ts";
import { trafficHistory } from "./traffic-history.ts";
import { unsetConfig } from "./unset-config.ts";

/** The verbs, bound to what they work with. */
export function createOperations(context: Context): Operations {
  return guarded(verbs(context), context.safeMode);
}

function verbs(context: Context): Operations {
  return {
    createApp: (input) => createApp(context, input),
    destroyApp: (input) => destroyApp(context, input),
    listApps: async () => context.store.read((view) => view.apps.list()),
    requireApp: async (input) => context.store.read((view) => appByName(view, input.app)),
    renameApp: (input, job) => renameApp(context, input, job),
    appReport: (input) => appReport(context, input),
    config: (input) => getConfig(context, input),
    setConfig: (input, job) => setConfig(context, input, job),
    unsetConfig: (input, job) => unsetConfig(context, input, job),
    addDomains: (input) => addDomains(context, input),
    removeDomains: (input) => removeDomains(context, input),
    setDomains: (input) => setDomains(context, input),
    clearDomains: (input) => clearDomains(context, input),
    resetDomains: (input) => resetDomains(context, input),
    enableDomains: (input) => enableDomains(context, input),
    domains: (input) => domainReport(context, input),
    globalDomains: async () => context.store.read((view) => globalDomains(view, context.settings)),
    addGlobalDomains: (domains) => addGlobalDomains(context, domains),
    removeGlobalDomains: (domains) => removeGlobalDomains(context, domains),
    setGlobalDomains: (domains) => setGlobalDomains(context, domains),
    setErrorPage: (input) => setErrorPage(context, input),
    clearErrorPage: (input) => clearErrorPage(context, input),
    errorPage: (input) => errorPage(context, input),
    errorPages: (input) => errorPages(context, input),
    addRoute: (input) => addRoute(context, input),
    removeRoute: (input) => removeRoute(context, input),
    listRoutes: () => listRoutes(context),
    addCertificate: (input) => addCertificate(context, input),
    removeCertificate: (input) => removeCertificate(context, input),
    generateCertificate: (input) => generateCertificate(context, input),
    certificate: (input) => certificate(context, input),
    enableLetsencrypt: (input, job) => enableLetsencrypt(context, input, job),
    disableLetsencrypt: (input) => disableLetsencrypt(context, input),
    letsencrypt: (input) => letsencryptReport(context, input),
    addKey: (input, by) => addKey(context, input, by),
    listKeys: async () => context.store.read((view) => view.keys.list()),
    removeKey: (input, by) => removeKey(context, input, by),
    setKeyAdmin: (input, by) => setKeyAdmin(context, input, by),
    releases: (input) => releases(context, input),
    rollback: (input, job) => rollback(context, input, job),
    setProperty: (input) => setProperty(context, input),
    property: (input) => property(context, input),
    buildOptions: (input) => buildOptions(context, input),
    addBuildOption: (input) => addBuildOption(context, input),
    removeBuildOptions: (input) => removeBuildOptions(context, input),
    buildpacks: (input) => buildpacks(context, input),
    changeBuildpacks: (input) => changeBuildpacks(context, input),
    purgeCache: (input) => purgeCache(context, input),
    formation: (input) => formation(context, input),
    scale: (input, job) => scale(context, input, job),
    restart: (input, job) => restart(context, input, job),
    start: (input, job) => start(context, input, job),
    stop: (input, job) => stop(context, input, job),
    processReport: (input) => processReport(context, input),
    logs: (input) => logs(context, input),
    liveTraffic: (input) => liveTraffic(context, input),
    trafficHistory: (input) => trafficHistory(context, input),
    run: (input, io) => runDyno(context, input, io),
    deploy: (input, job) => deploy(context, input, job),
    settlePush: (input) => settlePush(context, input),
    branchToPushAgain: (input) => branchToPushAgain(context, input),
    builds: (input) => listBuilds(context, input),
    build: (input) => buildOf(context, input),
    buildOutput: (input) => buildOutput(context, input),
    cancelBuild: (input) => cancelBuild(context, input),
    pruneBuilds: (input) => pruneBuildRecords(context, input),
    syncRepository: (input, job) => syncRepository(context, input, job),
    rebuild: (input, job) => rebuild(context, input, job),
    gitCredentials: context.gitCredentials,
    cleanup: (input) => cleanup(context, input),
    importArchive: (input, job) => importArchive(context, input, job),
    importImage: (input, job) => importImage(context, input, job),
    loadImage: (input, job) => loadImage(context, input, job),
    recoverReport: () => recoverReport(context),
    recoverAdopt: () => recoverAdopt(context),
    recoverForget: () => recoverForget(context),
    requireNormal: async () => context.safeMode.requireOff(),
    busyWith: async (input) => {
      const app = context.store.read((view) => view.apps.byName(input.app));
      return app === undefined ? undefined : context.locks.busyWith(app.id);
    },
  };
}
