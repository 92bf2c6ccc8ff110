import { appJsonReport } from "./app-json/report.ts";
import { appJsonSet } from "./app-json/set.ts";
import { appsCreate } from "./apps/create.ts";
import { appsDestroy } from "./apps/destroy.ts";
import { appsExists } from "./apps/exists.ts";
import { appsList } from "./apps/list.ts";
import { appsRename } from "./apps/rename.ts";
import { appsReport } from "./apps/report.ts";
import { builderReport } from "./builder/report.ts";
import { builderSet } from "./builder/set.ts";
import { builderDockerfileReport } from "./builder-dockerfile/report.ts";
import { builderDockerfileSet } from "./builder-dockerfile/set.ts";
import { buildpacksAdd } from "./buildpacks/add.ts";
import { buildpacksClear } from "./buildpacks/clear.ts";
import { buildpacksList } from "./buildpacks/list.ts";
import { buildpacksRemove } from "./buildpacks/remove.ts";
import { buildpacksReport } from "./buildpacks/report.ts";
import { buildpacksSet } from "./buildpacks/set.ts";
import { buildpacksSetProperty } from "./buildpacks/set-property.ts";
import { buildsCancel } from "./builds/cancel.ts";
import { buildsInfo } from "./builds/info.ts";
import { buildsList } from "./builds/list.ts";
import { buildsOutput } from "./builds/output.ts";
import { buildsPrune } from "./builds/prune.ts";
import { buildsReport } from "./builds/report.ts";
import { buildsSet } from "./builds/set.ts";
import { certsAdd } from "./certs/add.ts";
import { certsGenerate } from "./certs/generate.ts";
import { certsRemove } from "./certs/remove.ts";
import { certsReport } from "./certs/report.ts";
import { certsShow } from "./certs/show.ts";
import { certsUpdate } from "./certs/update.ts";
import { checksReport } from "./checks/report.ts";
import { checksSet } from "./checks/set.ts";
import { cleanup } from "./cleanup.ts";
import type { Command } from "./command.ts";
import { configExport } from "./config/export.ts";
import { configGet } from "./config/get.ts";
import { configKeys } from "./config/keys.ts";
import { configSet } from "./config/set.ts";
import { configShow } from "./config/show.ts";
import { configUnset } from "./config/unset.ts";
import { dockerOptionsAdd } from "./docker-options/add.ts";
import { dockerOptionsClear } from "./docker-options/clear.ts";
import { dockerOptionsRemove } from "./docker-options/remove.ts";
import { dockerOptionsReport } from "./docker-options/report.ts";
import { domainsAdd } from "./domains/add.ts";
import { domainsAddGlobal } from "./domains/add-global.ts";
import { domainsClear } from "./domains/clear.ts";
import { domainsClearGlobal } from "./domains/clear-global.ts";
import { domainsDisable } from "./domains/disable.ts";
import { domainsEnable } from "./domains/enable.ts";
import { domainsRemove } from "./domains/remove.ts";
import { domainsRemoveGlobal } from "./domains/remove-global.ts";
import { domainsReport } from "./domains/report.ts";
import { domainsReset } from "./domains/reset.ts";
import { domainsSet } from "./domains/set.ts";
import { domainsSetGlobal } from "./domains/set-global.ts";
import { errorPagesClear } from "./error-pages/clear.ts";
import { errorPagesReport } from "./error-pages/report.ts";
import { errorPagesSet } from "./error-pages/set.ts";
import { errorPagesShow } from "./error-pages/show.ts";
import { gitAllowHost } from "./git/allow-host.ts";
import { gitAuth } from "./git/auth.ts";
import { gitAuthStatus } from "./git/auth-status.ts";
import { gitFromArchive } from "./git/from-archive.ts";
import { gitFromImage } from "./git/from-image.ts";
import { gitGenerateDeployKey } from "./git/generate-deploy-key.ts";
import { gitLoadImage } from "./git/load-image.ts";
import { gitPublicKey } from "./git/public-key.ts";
import { gitReport } from "./git/report.ts";
import { gitSet } from "./git/set.ts";
import { gitSync } from "./git/sync.ts";
import { letsencryptDisable } from "./letsencrypt/disable.ts";
import { letsencryptEnable } from "./letsencrypt/enable.ts";
import { letsencryptList } from "./letsencrypt/list.ts";
import { letsencryptReport } from "./letsencrypt/report.ts";
import { letsencryptSet } from "./letsencrypt/set.ts";
import { logs } from "./logs.ts";
import { maintenanceCustomPage } from "./maintenance/custom-page.ts";
import { maintenanceOff } from "./maintenance/off.ts";
import { maintenanceOn } from "./maintenance/on.ts";
import { maintenanceReport } from "./maintenance/report.ts";
import { nginxReport } from "./nginx/report.ts";
import { nginxSet } from "./nginx/set.ts";
import { proxyPause } from "./proxy/pause.ts";
import { proxyReport } from "./proxy/report.ts";
import { proxyResume } from "./proxy/resume.ts";
import { proxySet } from "./proxy/set.ts";
import { psRebuild } from "./ps/rebuild.ts";
import { psReport } from "./ps/report.ts";
import { psRestart } from "./ps/restart.ts";
import { psScale } from "./ps/scale.ts";
import { psSet } from "./ps/set.ts";
import { psStart } from "./ps/start.ts";
import { psStop } from "./ps/stop.ts";
import { recoverAdopt } from "./recover/adopt.ts";
import { recoverForget } from "./recover/forget.ts";
import { recoverReport } from "./recover/report.ts";
import { releasesList } from "./releases/list.ts";
import { repoPurgeCache } from "./repo/purge-cache.ts";
import { rollback } from "./rollback.ts";
import { routerHistory } from "./router/history.ts";
import { routerTop } from "./router/top.ts";
import { routesAdd } from "./routes/add.ts";
import { routesList } from "./routes/list.ts";
import { routesRemove } from "./routes/remove.ts";
import { routesReport } from "./routes/report.ts";
import { routesSet } from "./routes/set.ts";
import { run } from "./run.ts";
import { sshKeysAdd } from "./ssh-keys/add.ts";
import { sshKeysList } from "./ssh-keys/list.ts";
import { sshKeysRemove } from "./ssh-keys/remove.ts";
import { sshKeysSet } from "./ssh-keys/set.ts";
import { url } from "./url.ts";
import { urls } from "./urls.ts";

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [
  appJsonReport,
  appJsonSet,
  appsCreate,
  appsDestroy,
  appsExists,
  appsList,
  appsRename,
  appsReport,
  builderDockerfileReport,
  builderDockerfileSet,
  builderReport,
  builderSet,
  buildpacksAdd,
  buildpacksClear,
  buildpacksList,
  buildpacksRemove,
  buildpacksReport,
  buildpacksSet,
  buildpacksSetProperty,
  buildsCancel,
  buildsInfo,
  buildsList,
  buildsOutput,
  buildsPrune,
  buildsReport,
  buildsSet,
  certsAdd,
  certsGenerate,
  certsRemove,
  certsReport,
  certsShow,
  certsUpdate,
  checksReport,
  checksSet,
  configExport,
  configGet,
  configKeys,
  configSet,
  configShow,
  configUnset,
  dockerOptionsAdd,
  dockerOptionsClear,
  dockerOptionsRemove,
  dockerOptionsReport,
  domainsAdd,
  domainsAddGlobal,
  domainsClear,
  domainsClearGlobal,
  domainsDisable,
  domainsEnable,
  domainsRemove,
  domainsRemoveGlobal,
  domainsReport,
  domainsReset,
  domainsSet,
  domainsSetGlobal,
  errorPagesClear,
  errorPagesReport,
  errorPagesSet,
  errorPagesShow,
  gitAllowHost,
  gitAuth,
  gitAuthStatus,
  gitFromArchive,
  gitFromImage,
  gitGenerateDeployKey,
  gitLoadImage,
  gitPublicKey,
  gitReport,
  gitSet,
  gitSync,
  letsencryptDisable,
  letsencryptEnable,
  letsencryptList,
  letsencryptReport,
  letsencryptSet,
  maintenanceCustomPage,
  maintenanceOff,
  maintenanceOn,
  maintenanceReport,
  nginxReport,
  nginxSet,
  proxyPause,
  proxyReport,
  proxyResume,
  proxySet,
  psRebuild,
  psReport,
  psRestart,
  psScale,
  psSet,
  psStart,
  psStop,
  recoverAdopt,
  recoverForget,
  recoverReport,
  releasesList,
  repoPurgeCache,
  routerHistory,
  routerTop,
  routesAdd,
  routesList,
  routesRemove,
  routesReport,
  routesSet,
  sshKeysAdd,
  sshKeysList,
  sshKeysRemove,
  sshKeysSet,
  cleanup,
  logs,
  rollback,
  run,
  url,
  urls,
];

/** Groups of commands, and what each is about. */
export const namespaces: Readonly<Record<string, string>> = {
  "app-json": "Manage how the app.json of an app is found",
  apps: "Manage apps",
  builder: "Choose what builds an app",
  "builder-dockerfile": "Manage builds with a Dockerfile",
  buildpacks: "Manage the buildpacks with which an app is built",
  builds: "Look at builds, cancel them, and manage what they may use",
  certs: "Manage the certificates with which apps are served over https",
  checks: "Manage how new dynos are checked before they get traffic",
  config: "Manage the config vars of an app, which its processes see as their environment",
  "docker-options": "Manage options of an app's image builds",
  domains: "Manage the domains under which an app answers",
  "error-pages": "Manage the pages that visitors see in place of an app",
  git: "Manage how pushes are taken",
  letsencrypt: "Get certificates from Let's Encrypt, or from any other authority that speaks ACME",
  maintenance: "Take apps out of service for a while",
  nginx: "Manage HTTP settings of an app, under Dokku's names",
  proxy: "Manage how the router serves an app",
  ps: "Manage the dynos of an app",
  recover: "Decide what becomes of apps that the database does not know",
  releases: "Look at the releases of an app",
  repo: "Manage what the host keeps of an app besides its releases",
  router: "Look at the requests that apps get",
  routes: "Manage how requests are led to apps",
  "ssh-keys": "Manage the public keys that may push and give commands",
};

export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name || command.aliases?.includes(name));
}
