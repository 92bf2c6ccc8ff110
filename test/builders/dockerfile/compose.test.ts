import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseCompose, unhonouredInCompose } from "../../../src/builders/dockerfile/compose-file.ts";
import { wavesOf } from "../../../src/operations/waves.ts";

const service = (yaml: string, more = "") => `services:\n  app: {image: x, ${yaml}}\n${more}`;

suite("A compose file", () => {
  test("has services with images, builds, commands, variables, volumes, ports and an order", () => {
    const services = parseCompose(
      `
services:
  app:
    build: {context: ./web, dockerfile: Dockerfile.prod, target: final, args: [A=1, B]}
    command: serve --port 80
    environment: {URL: "redis://cache:6379", KEY: "\${SECRET}", NONE: "\${ABSENT:-fallback}", PRICE: "$$5"}
    ports: ["53:53/udp", {target: 54, protocol: udp}, "127.0.0.1:8080:80/tcp"]
    depends_on: {cache: {condition: service_started}}
    restart: always
  cache:
    image: redis:7
    entrypoint: [redis-server, --save, ""]
    environment: [A=1=2, INHERITED]
    volumes: ["data:/data", {type: volume, source: data, target: /more, read_only: true}]
    user: "999"
  debug: {image: shell, privileged: true, profiles: [debug]}
volumes: {data: }
`,
      { SECRET: "s3cret" },
    );
    assert.deepEqual(services, [
      {
        name: "app",
        image: undefined,
        build: {
          context: "web",
          dockerfile: "Dockerfile.prod",
          target: "final",
          args: new Map([
            ["A", "1"],
            ["B", undefined],
          ]),
        },
        runs: {
          port: 80,
          command: ["serve", "--port", "80"],
          environment: { URL: "redis://cache:6379", KEY: "s3cret", NONE: "fallback", PRICE: "$5" },
          volumes: [],
          dependsOn: ["cache"],
        },
      },
      {
        name: "cache",
        image: "redis:7",
        build: undefined,
        runs: {
          entrypoint: ["redis-server", "--save", ""],
          environment: { A: "1=2" },
          user: "999",
          volumes: [
            { name: "data", target: "/data", readOnly: false },
            { name: "data", target: "/more", readOnly: true },
          ],
          dependsOn: [],
        },
      },
    ]);
  });

  const refused: [what: string, text: string, message: RegExp][] = [
    ["privileges", service("privileged: true"), /service app: 'privileged'/],
    ["the host's network", service("network_mode: host"), /'network_mode'/],
    ["capabilities", service("cap_add: [SYS_ADMIN]"), /'cap_add'/],
    ["devices", service("devices: [/dev/sda]"), /'devices'/],
    ["the host's processes", service("pid: host"), /'pid'/],
    ["security options", service("security_opt: [seccomp=unconfined]"), /'security_opt'/],
    ["files of the host as variables", service("env_file: /etc/passwd"), /'env_file'/],
    ["a folder of the host", service("volumes: ['/:/host']"), /'\/' is a folder of the host/],
    ["the engine's socket", service("volumes: ['/var/run/docker.sock:/s']"), /docker\.sock' is a folder of the host/],
    ["a folder of the repository", service("volumes: ['./a:/a']"), /folder of the host/],
    ["a bind in long form", service("volumes: [{type: bind, source: /, target: /x}]"), /folder of the host/],
    ["a tmpfs in long form", service("volumes: [{type: tmpfs, target: /x}]"), /folder of the host/],
    ["a volume that is not declared", service("volumes: ['data:/data']"), /not declared/],
    ["a volume over everything", service("volumes: ['d:/']", "volumes: {d: }"), /no place/],
    ["a driver's options", service("volumes: ['d:/d']", "volumes: {d: {driver_opts: {device: /}}}"), /'driver_opts'/],
    ["another's volume", service("volumes: ['d:/d']", "volumes: {d: {external: true}}"), /'external'/],
    ["a context outside", "services: {app: {build: ../x}}", /not in the repository/],
    ["a context elsewhere", "services: {app: {build: 'https://example.com/x.git'}}", /not in the repository/],
    [
      "a Dockerfile outside",
      "services: {app: {build: {context: ., dockerfile: /etc/passwd}}}",
      /not in the repository/,
    ],
    ["secrets of a build", "services: {app: {build: {secrets: [x]}}}", /'build\.secrets'/],
    ["a network of a build", "services: {app: {build: {network: host}}}", /'build\.network'/],
    ["a line in an image's name", 'services: {app: {image: "x\\nRUN y"}}', /is no image/],
    ["an unknown dependency", service("depends_on: [db]"), /'db', which is no service/],
    ["what is no port", service("ports: [web]"), /no TCP port/],
    ["a variable that must be set", service("environment: {A: '$\u007bA:?say it}'}"), /A is not set: say it/],
    ["profiles alone", service("profiles: [debug]"), /profiles/],
    [
      "a service that does not start",
      "services: {app: {image: x, depends_on: [d]}, d: {image: x, profiles: [p]}}",
      /'d'/,
    ],
    ["no image", "services: {app: {command: x}}", /neither/],
    ["no services", "version: '3'", /no services/],
    ["no YAML", "services: [", /./],
    ["a bad name", "services: {'a b': {image: x}}", /cannot name/],
    ["a value in itself", "services: &all {app: {image: x, labels: *all}}", /in itself/],
    ["more than can be read", `services: {app: {image: x}}\n${"#".repeat(200_000)}`, /longer than 128 kB/],
    ["as many keys as fit", Array.from({ length: 12_000 }, (_, n) => `k${n}: 1`).join("\n"), /no services/],
  ];
  for (const [what, text, message] of refused) {
    test(`may not ask for ${what}`, () => {
      assert.throws(() => parseCompose(text, {}), { code: "invalid-compose", message });
    });
  }
});

test("keys of a compose file that have no effect are told, with the services that have them", () => {
  const text = [
    'version: "3"',
    "x-common: {a: 1}",
    "include: [other.yml]",
    "networks: {back: {}}",
    "frobnicate: 1",
    "services:",
    "  web: {build: {context: ., tags: [a]}, restart: always, healthcheck: {test: x}, expose: [80]}",
    "  db: {image: postgres, healthcheck: {test: x}, deploy: {replicas: 2}, x-own: 1}",
  ].join("\n");
  const told = unhonouredInCompose(text, "compose.yml").map((sentence) => sentence.split(" has no effect. ")[0]);
  assert.deepEqual(
    told,
    [
      "compose.yml: 'include'",
      "compose.yml: 'networks'",
      "compose.yml: 'frobnicate'",
      "compose.yml, web: 'build.tags'",
      "compose.yml, web, db: 'healthcheck'",
      "compose.yml, db: 'deploy'",
    ].sort((a, b) => told.indexOf(a) - told.indexOf(b)),
  );
  assert.equal(parseCompose(text, {}).length, 2);
});

test("a service may have no key that the file alone may have", () => {
  for (const key of ["include", "configs", "secrets", "'*'"]) {
    assert.throws(() => parseCompose(service(`${key}: [x]`), {}), { code: "invalid-compose" });
  }
});

test("whoever has a file of variables is told what takes its place", () => {
  assert.throws(() => parseCompose(service("env_file: .env"), {}), { code: "invalid-compose", hint: /config:set/ });
});

test("services start after those they depend on; a circle starts at once", () => {
  const dyno = (processType: string, number = 1) => ({ processType, number, command: "" });
  const names = (dependsOn: Record<string, string[]>) => {
    const services = Object.fromEntries(Object.entries(dependsOn).map(([name, on]) => [name, { dependsOn: on }]));
    const dynos = [
      dyno("web"),
      dyno("web", 2),
      ...Object.keys(dependsOn)
        .filter((n) => n !== "web")
        .map((n) => dyno(n)),
    ];
    return wavesOf(dynos, { runtime: { services } }).map((wave) => wave.map(({ processType }) => processType).join());
  };
  assert.deepEqual(names({ web: ["api"], api: ["db"], db: [], other: [] }), ["db,other", "api", "web,web"]);
  assert.deepEqual(names({ web: ["api"], api: ["web"] }), ["web,web,api"]);
  assert.deepEqual(names({ web: ["web", "absent"] }), ["web,web"]);
  assert.deepEqual(wavesOf([dyno("web")], { runtime: undefined }).length, 1);
});
