import { installJourney } from "../helpers/systemd-host/journey.ts";
import { ubuntu24 } from "../helpers/systemd-host/releases.ts";

await installJourney(ubuntu24);
