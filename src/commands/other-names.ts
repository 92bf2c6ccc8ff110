import type { Effect } from "./command.ts";

type Names = Readonly<Record<string, string>>;

/**
 * What users of Heroku and Dokku type, and Berth's command for it. Each stands under what it does there: a hint never
 * does more than what was typed.
 */
export const otherCommands: Readonly<Record<Effect, Names>> = {
  reads: {
    access: "ssh-keys:list",
    "apps:info": "apps:report",
    "apps:open": "url",
    "builds:logs": "builds:output",
    "certs:auto": "letsencrypt:report",
    "config:bundle": "config:export",
    dynos: "ps:report",
    env: "config:show",
    info: "apps:report",
    keys: "ssh-keys:list",
    list: "apps:list",
    log: "logs",
    "logs:failed": "builds:output",
    metrics: "router:history",
    "nginx:access-logs": "logs",
    "nginx:error-logs": "logs",
    "nginx:show-config": "nginx:report",
    open: "url",
    "releases:info": "releases:list",
    "releases:output": "builds:output",
    status: "ps:report",
    tail: "logs <app> -t",
    top: "router:top",
    "url:list": "urls",
  },
  changes: {
    bash: "run <app> bash",
    "builds:create": "git:from-archive",
    "certs:auto:disable": "letsencrypt:disable",
    "certs:auto:enable": "letsencrypt:enable",
    console: "run <app> console",
    create: "apps:create",
    "dyno:kill": "ps:restart",
    enter: "run <app> bash",
    exec: "run <app> bash",
    "letsencrypt:auto-renew": "letsencrypt:enable",
    "letsencrypt:cron-job": "letsencrypt:enable",
    "ps:enter": "run <app> bash",
    "ps:exec": "run <app> bash",
    "ps:kill": "ps:restart",
    "ps:resize": "ps:scale",
    "ps:rollback": "rollback",
    "ps:run": "run",
    rebuild: "ps:rebuild",
    "releases:rollback": "rollback",
    rename: "apps:rename",
    restart: "ps:restart",
    "run:detached": "run",
    scale: "ps:scale",
    set: "config:set",
    shell: "run <app> bash",
    ssh: "run <app> bash",
    start: "ps:start",
    stop: "ps:stop",
    "tags:deploy": "git:from-image",
  },
  destroys: {
    "config:clear": "config:unset",
    delete: "apps:destroy",
    destroy: "apps:destroy",
    "keys:clear": "ssh-keys:remove",
    unset: "config:unset",
  },
};

/** Groups of commands that are called otherwise elsewhere. */
export const otherGroups: Names = {
  app: "apps",
  build: "builds",
  buildpack: "buildpacks",
  cert: "certs",
  domain: "domains",
  dyno: "ps",
  env: "config",
  key: "ssh-keys",
  keys: "ssh-keys",
  process: "ps",
  release: "releases",
  route: "routes",
  ssl: "certs",
};

/** Words for one thing: who asks for any of them gets the first of `offered` that the group of commands has. */
export const verbs: readonly { readonly effect: Effect; readonly asked: string; readonly offered: string }[] = [
  {
    effect: "reads",
    asked: "list ls show info get status report view display print describe export read inspect all",
    offered: "list report show info",
  },
  { effect: "changes", asked: "add create new make generate upload", offered: "add create generate" },
  { effect: "changes", asked: "set update edit change put configure replace", offered: "set update" },
  { effect: "changes", asked: "enable on start resume activate", offered: "enable on start resume" },
  { effect: "changes", asked: "disable off stop pause deactivate", offered: "disable off stop pause" },
  // Not `clear` or `reset`: they take away more than the one thing that somebody names.
  {
    effect: "destroys",
    asked: "remove rm delete del drop destroy unset clear reset purge erase",
    offered: "remove unset destroy",
  },
];

const appFirst = "Name the app as the first argument, or with --app APP";

/** Flags of Heroku's and Dokku's commands, by Berth's command; `*` for all. */
export const otherFlags: Readonly<Record<string, Names>> = {
  "*": { "-r": appFirst, "--remote": appFirst, "--json": "Use --format json, where a command has it" },
  logs: {
    "-f": "To follow the log, use -t (--tail)",
    "--follow": "To follow the log, use -t (--tail)",
    "--lines": "For the number of lines, use -n NUMBER",
    "-d": "For one process, use -p NAME",
    "--dyno": "For one process, use -p NAME",
    "--dyno-name": "For one process, use -p NAME",
    "--process-type": "For one process, use -p NAME",
    "-s": "For the router's lines, use -p router",
    "--source": "For the router's lines, use -p router",
  },
  "apps:destroy": {
    "--confirm": "The name is asked for; where nobody can answer, use --force",
    "-c": "The name is asked for; where nobody can answer, use --force",
  },
  run: {
    "-t": "For a terminal, give -t to ssh: ssh -t HOST run APP COMMAND",
    "-it": "For a terminal, give -t to ssh: ssh -t HOST run APP COMMAND",
    "-x": "The exit code is the command's in any case",
    "--exit-code": "The exit code is the command's in any case",
  },
};
