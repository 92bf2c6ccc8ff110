import { installJourney } from "../helpers/systemd-host/journey.ts";
import { debian13 } from "../helpers/systemd-host/releases.ts";

await installJourney(debian13);
