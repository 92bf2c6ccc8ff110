import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { routerFlags } from "../../../src/routing/worker-process.ts";
import { listens, output, start } from "./processes.ts";

export interface Contender {
  readonly name: string;
  readonly http: number;
  readonly https: number;
  readonly pids: readonly number[];
}

export interface Place {
  readonly folder: string;
  readonly backend: number;
  readonly sockets: number;
  readonly certificate: string;
  readonly key: string;
}

export const host = "app.test";

/** nginx that answers: 100 bytes, 1 MiB, and uploads once they are read to their end. */
export async function startBackend(folder: string, port: number): Promise<number> {
  await writeFile(join(folder, "big"), Buffer.alloc(1024 * 1024, "0123456789abcdef"));
  const config = `${preamble(folder, "backend")}
    access_log off;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_buffer_size 2m;
    server {
      listen 127.0.0.1:${port} backlog=4096;
      root ${folder};
      location /small { return 200 "${"0123456789".repeat(10)}"; }
      location /upload {
        proxy_pass http://127.0.0.1:${port}/small;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
      }
    }
  }`;
  return startNginx(folder, "backend", config, port);
}

/** The template of Dokku 0.38: a new connection to the app for each request, an access log, buffers of its size. */
export function nginxAsDokku(place: Place, http: number, https: number): Promise<Contender> {
  const location = `
    gzip on; gzip_min_length 1100; gzip_buffers 4 32k; gzip_vary on; gzip_comp_level 6;
    gzip_types text/css text/javascript text/xml text/plain text/x-component application/javascript application/json;
    proxy_connect_timeout 60s; proxy_read_timeout 60s; proxy_send_timeout 60s;
    proxy_buffer_size 4k; proxy_buffering on; proxy_buffers 8 4k; proxy_busy_buffers_size 8k;
    proxy_set_header Connection $http_connection;`;
  return nginxProxy(place, {
    name: "nginx as Dokku has it",
    id: "dokku",
    http,
    https,
    location,
    upstream: "",
    main: "",
  });
}

export function nginxTuned(place: Place, http: number, https: number): Promise<Contender> {
  const location = `
    proxy_buffer_size 16k; proxy_buffers 16 64k; proxy_busy_buffers_size 256k; proxy_max_temp_file_size 0;
    client_body_buffer_size 2m; client_max_body_size 0;
    proxy_set_header Connection $backend_connection;`;
  const upstream = "keepalive 128; keepalive_requests 1000000000;";
  const main = "keepalive_requests 1000000000; tcp_nopush on;";
  return nginxProxy(place, { name: "nginx, tuned", id: "tuned", http, https, location, upstream, main });
}

interface NginxOptions {
  readonly name: string;
  readonly id: string;
  readonly http: number;
  readonly https: number;
  readonly location: string;
  readonly upstream: string;
  readonly main: string;
}

async function nginxProxy(place: Place, options: NginxOptions): Promise<Contender> {
  const { folder, backend, sockets, certificate, key } = place;
  const { name, id, http, https, location, upstream, main } = options;
  const buffered = id === "tuned" ? " buffer=64k flush=1s" : "";
  const config = `${preamble(folder, id)}
    map $http_upgrade $backend_connection { default upgrade; "" ""; }
    access_log ${folder}/${id}.log combined${buffered};
    ${main}
    upstream app { server 127.0.0.1:${backend}; ${upstream} }
    server {
      listen 127.0.0.1:${http} backlog=4096;
      listen 127.0.0.1:${https} ssl http2 backlog=4096;
      server_name ${host};
      ssl_certificate ${certificate}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3;
      location / {
        proxy_pass http://app;
        ${forwarded} ${location}
      }
      location /socket {
        proxy_pass http://127.0.0.1:${sockets};
        ${forwarded} proxy_set_header Connection $backend_connection;
      }
    }
  }`;
  return { name, http, https, pids: [await startNginx(folder, id, config, http)] };
}

const forwarded = `proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Start $msec;`;

function preamble(folder: string, id: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${id}-${kind};`)
    .join(" ");
  // The bench runs as root, and its folder is root's.
  return `daemon off; user root; worker_processes 1; pid ${folder}/${id}.pid; error_log ${folder}/${id}.error warn;
  worker_rlimit_nofile 16384;
  events { worker_connections 4096; }
  http { ${paths}`;
}

async function startNginx(folder: string, id: string, config: string, port: number): Promise<number> {
  const path = join(folder, `${id}.conf`);
  await writeFile(path, config);
  const pid = start(folder, id, ["nginx", "-p", folder, "-e", join(folder, `${id}.error`), "-c", path]);
  await listens(port, id);
  return pid;
}

export async function haproxy(place: Place, http: number, https: number): Promise<Contender> {
  const { folder, backend, sockets, certificate, key } = place;
  const pair = join(folder, "pair.pem");
  await writeFile(pair, await output(["cat", certificate, key]));
  const path = join(folder, "haproxy.cfg");
  await writeFile(
    path,
    `global
  nbthread 1
  maxconn 4096
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  option forwardfor
  option redispatch
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
frontend front
  bind 127.0.0.1:${http} backlog 4096
  bind 127.0.0.1:${https} ssl crt ${pair} alpn h2,http/1.1 backlog 4096
  use_backend sockets if { path_beg /socket }
  use_backend app if { hdr(host) -i ${host} ${host}:${http} ${host}:${https} }
backend app
  server one 127.0.0.1:${backend} pool-max-conn 128
backend sockets
  server one 127.0.0.1:${sockets}
`,
  );
  const pid = start(folder, "haproxy", ["haproxy", "-db", "-f", path]);
  await listens(http, "haproxy");
  return { name: "HAProxy", http, https, pids: [pid] };
}

export async function caddy(place: Place, http: number, https: number): Promise<Contender> {
  const { folder, backend, sockets, certificate, key } = place;
  const path = join(folder, "Caddyfile");
  const body = `
  bind 127.0.0.1
  log {
    output file ${folder}/caddy.log
  }
  reverse_proxy /socket* 127.0.0.1:${sockets}
  reverse_proxy 127.0.0.1:${backend} {
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }
`;
  await writeFile(
    path,
    `{
  admin off
  auto_https off
}
http://${host}:${http} {${body}}
https://${host}:${https} {
  tls ${certificate} ${key}${body}}
`,
  );
  const env = { GOMAXPROCS: "1", HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const pid = start(folder, "caddy", ["caddy", "run", "--config", path, "--adapter", "caddyfile"], env);
  await listens(http, "caddy");
  return { name: "Caddy", http, https, pids: [pid] };
}

/** As the supervisor starts them, access log and counters on. */
export async function berth(place: Place, workers: number, http: number, https: number): Promise<Contender> {
  const { folder, backend, sockets } = place;
  const root = join(folder, `berth-${workers}`);
  await mkdir(join(root, "run"), { recursive: true });
  const routes = (app: string, hosts: string[], port: number) => {
    const target = { id: app, dyno: "web.1", address: "127.0.0.1", port };
    return { app, hosts, targets: [target], release: 1 };
  };
  const tls = { certificates: ["bench"], redirect: false, hsts: undefined };
  const apps = [{ ...routes("app", [host], backend), tls }, routes("sockets", [socketHost], sockets)];
  const [chain, key] = await Promise.all([place.certificate, place.key].map((path) => readFile(path, "utf8")));
  const entries = [{ kind: "certificate", id: "bench", names: [host], chain, key }];
  await writeFile(join(root, "routes.json"), JSON.stringify({ revision: 1, apps, entries }));
  const main = join(import.meta.dirname, "../../../src/main.ts");
  const node = [process.execPath, ...routerFlags, main, "router"];
  const env = { NODE_COMPILE_CACHE: join(folder, "compile-cache"), MALLOC_ARENA_MAX: "1" };
  await output(["env", `NODE_COMPILE_CACHE=${env.NODE_COMPILE_CACHE}`, ...node, "--warm-up"]);
  const pids = Array.from({ length: workers }, (_, index) => {
    const words = ["--root", root, "--worker", String(index + 1), "--http-host", "127.0.0.1"];
    const ports = ["--http-port", String(http), "--https-port", String(https)];
    return start(folder, `berth-${workers}`, [...node, ...words, ...ports], env);
  });
  await listens(http, "berth");
  return { name: `Berth, ${workers} ${workers === 1 ? "worker" : "workers"}`, http, https, pids };
}

/** Where the sockets' backend is reached by its name. The other proxies take it by its path. */
export const socketHost = "sockets.test";
