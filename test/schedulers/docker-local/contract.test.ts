import { schedulerContract } from "../contract.ts";
import { dockerHarness } from "./harness.ts";

schedulerContract("docker-local", dockerHarness);
