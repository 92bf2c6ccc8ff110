import { Firewall } from "../../src/firewall/firewall.ts";
import { createLogger } from "../../src/lib/logger.ts";

/**
 * Sets the rules of the instance in the argument twice, with whatever rights this process has, and takes them away. With
 * `all` behind it, none are wanted.
 */
const [instance = "", access] = process.argv.slice(2);
const logger = await createLogger("info", false);
const plan = { instance, bridges: ["br-berthtest"], gateway: "192.0.2.1", routerPorts: [80], openings: [] };
const firewall = new Firewall({ instance, plan: async () => (access === "all" ? undefined : plan), logger });
await firewall.make();
process.stdout.write(`${await firewall.check()}\n`);
await firewall.make();
await firewall.remove().catch(() => undefined);
