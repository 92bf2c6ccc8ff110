import { BuildError } from "../../docker/build-image.ts";
import { EngineError } from "../../docker/errors.ts";
import { UserError } from "../../model/errors.ts";

// What BuildKit puts before a reason: the parts of it that passed it on.
const passedOn =
  /^(?:failed to solve(?: with frontend \S+)?|failed to build LLB|failed to create LLB definition|rpc error: code = \w+ desc =|error from sender): ?/i;

/** A failure of the build in words of ours; what is none is given back as it is. */
export function asUserError(error: unknown, dockerfile: string): unknown {
  if (!(error instanceof BuildError) && !isRefusal(error)) return error;
  let reason = error.message;
  while (passedOn.test(reason)) reason = reason.replace(passedOn, "");
  const ended = endings.map((pattern) => pattern.exec(reason)).find((match) => match !== null);
  if (ended) {
    const [, command = "", code] = ended;
    const hint = code === "137" ? "It was killed, mostly because memory ran out: see builds:report APP" : undefined;
    return failed(`'${command.replace(/^\/bin\/(?:ba)?sh -c /, "")}' ended with exit code ${code}`, hint, error);
  }
  const [, path] = missingFile.map((pattern) => pattern.exec(reason)).find((match) => match !== null) ?? [];
  if (path !== undefined) return notInContext(dockerfile, path, error);
  return failed(`${dockerfile}: ${reason}`, hintFor(reason), error);
}

// What a COPY or ADD names: BuildKit, and the classic builder.
const missingFile = [
  /failed to (?:compute cache key|calculate checksum).*"([^"]*)":? not found/s,
  /(?:COPY|ADD) failed: .*(?:stat|lstat) (\S+): (?:file does not exist|no such file)/s,
];

function notInContext(dockerfile: string, path: string, cause: unknown): UserError {
  const hint = "COPY and ADD take what is committed, in the folder that is built, and not named in .dockerignore";
  return failed(`${dockerfile}: there is no '${path.replace(/^\/+/, "")}' to copy`, hint, cause);
}

// BuildKit of engine 20.10, BuildKit since then, the classic builder.
const endings = [
  /executor failed running \[(.*)\]: exit code: (\d+)/s,
  /process "(.*)" did not complete successfully: exit code: (\d+)/s,
  /The command '(.*)' returned a non-zero code: (\d+)/s,
];

function isRefusal(error: unknown): error is EngineError {
  return error instanceof EngineError && (error.status === 400 || error.status === 500 || error.status === 404);
}

function hintFor(reason: string): string | undefined {
  if (/pull access denied|not found|manifest unknown|dial tcp|no such host|TLS handshake|i\/o timeout/i.test(reason)) {
    return "The engine fetches base images from their registry. An image that is on this host already needs none: docker load, or docker pull there";
  }
  return /the --mount option requires BuildKit/i.test(reason) ? "This engine has no BuildKit" : undefined;
}

function failed(what: string, hint: string | undefined, cause: unknown): UserError {
  return new UserError("build-failed", `Build failed: ${what}`, { ...(hint !== undefined && { hint }), cause });
}

export function dockerfileMissing(path: string): UserError {
  return new UserError("dockerfile-missing", `No ${path} found in source code directory`, {
    hint: "Say where it is: builder-dockerfile:set APP dockerfile-path PATH, or builder:set APP build-dir FOLDER",
  });
}
