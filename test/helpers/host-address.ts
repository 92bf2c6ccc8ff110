import { runOk } from "./berth.ts";
import { runImage } from "./images.ts";

/**
 * The address of this host for containers on Docker's default network: the default gateway, as a container itself sees it.
 * Docker 20.10 leaves the gateway out of the network's IPAM configuration until the engine starts for the second time.
 */
export async function addressForContainers(): Promise<string> {
  const gateway = `awk '$2 == "00000000" { print $3 }' /proc/net/route`;
  const hex = (await runOk("docker", ["run", "--rm", "--entrypoint", "sh", runImage, "-c", gateway])).trim();
  return addressOf(hex);
}

/** `010011AC` -> `172.17.0.1`: the kernel prints the address in the byte order of the machine, little-endian on all of ours. */
function addressOf(hex: string): string {
  if (!/^[0-9A-F]{8}$/.test(hex)) throw new Error(`A container has no default gateway: '${hex}'`);
  return [...Buffer.from(hex, "hex").reverse()].join(".");
}
