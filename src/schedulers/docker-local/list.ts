import type { ContainerDetails } from "../../docker/engine.ts";
import { labels } from "../../docker/labels.ts";
import type { Dyno, DynoState } from "../../model/dyno.ts";
import type { Context } from "./context.ts";

/** The labels that tell this Berth's dynos from everything else on the engine. */
export function dynoFilter(instance: string, app?: string): Record<string, string> {
  return { [labels.instance]: instance, [labels.kind]: "dyno", ...(app === undefined ? {} : { [labels.app]: app }) };
}

export async function listDynos({ engine, instance }: Context, app?: string): Promise<Dyno[]> {
  const found = await engine.containers.list(dynoFilter(instance, app));
  // The list itself tells neither exit codes nor restarts. One that was removed in between is left out.
  const details = await Promise.all(found.map(({ id }) => engine.containers.inspect(id)));
  return details.filter((container) => container !== undefined).map(toDyno);
}

export function toDyno(container: ContainerDetails): Dyno {
  const { labels: values, status } = container;
  const state = stateOf(status);
  return {
    id: container.id,
    app: values[labels.app] ?? "",
    processType: values[labels.processType] ?? "",
    number: Number(values[labels.number]),
    release: Number(values[labels.release]),
    state,
    address: values[labels.address],
    port: values[labels.port] === undefined ? undefined : Number(values[labels.port]),
    exitCode: state === "running" || status === "created" ? undefined : container.exitCode,
    restarts: container.restarts,
    image: container.image,
    createdAt: container.createdAt,
  };
}

function stateOf(status: string): DynoState {
  if (status === "running") return "running";
  return status === "created" || status === "restarting" || status === "paused" ? "starting" : "exited";
}
