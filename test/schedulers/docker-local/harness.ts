import { createDockerLocalScheduler } from "../../../src/schedulers/docker-local/create-scheduler.ts";
import { type DockerPlace, dockerPlace } from "../../helpers/docker.ts";
import { requireImages, runImage } from "../../helpers/images.ts";
import type { SchedulerHarness } from "../contract.ts";

// perl is in every Debian and Ubuntu base.
const serve = `exec perl -MIO::Socket::INET -e '
  $| = 1;
  my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $ENV{PORT}, Listen => 9, ReuseAddr => 1) or die;
  while (my $c = $s->accept) { print $c "HTTP/1.0 200 OK\\r\\n\\r\\n$ENV{DYNO}"; close $c }'`;

export const commands: SchedulerHarness["commands"] = {
  staysUp: `trap 'exit 0' TERM; if [ -n "$PORT" ]; then ${serve}; fi; sleep infinity & wait`,
  exits: (code) => `exit ${code}`,
  prints: (lines) => lines.map((line) => `echo '${line}'`).join("; "),
  printsAndStaysUp: (lines) => `${commands.prints(lines)}; exec sleep infinity`,
};

export interface DockerHarness extends SchedulerHarness, DockerPlace {}

export async function dockerHarness(): Promise<DockerHarness> {
  requireImages();
  const place = await dockerPlace();
  return {
    ...place,
    scheduler: createDockerLocalScheduler(place),
    image: runImage,
    commands,
    runs: {
      exits: (code) => ["bash", "-c", `exit ${code}`],
      copiesInput: ["cat"],
      waits: ["sleep", "infinity"],
    },
  };
}
