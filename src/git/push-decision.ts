import { UserError } from "../model/errors.ts";

/** One line of what git tells its pre-receive hook. */
export interface RefUpdate {
  /** 40 hex digits; zeros for a ref that is made. */
  readonly before: string;
  /** Zeros for a ref that is deleted. */
  readonly after: string;
  readonly ref: string;
}

export type PushDecision =
  | {
      readonly kind: "deploy";
      readonly branch: string;
      readonly commit: string;
      /** The app had no deploy branch so far: from now on it is this one. */
      readonly isFirst: boolean;
    }
  /** The refs are taken, and the user is told why nothing was deployed. */
  | { readonly kind: "keep"; readonly notice: string | undefined; readonly advice: string | undefined };

const branchPrefix = "refs/heads/";
const tagPrefix = "refs/tags/";
const firstBranches = ["main", "master"];

export function isDeletion(update: RefUpdate): boolean {
  return /^0+$/.test(update.after);
}

/** What else than branches and tags has no meaning here. Throws `ref-refused`. */
export function checkRefs(updates: readonly RefUpdate[]): void {
  for (const { ref } of updates) {
    if (!ref.startsWith(branchPrefix) && !ref.startsWith(tagPrefix)) {
      throw new UserError("ref-refused", `${ref} is neither a branch nor a tag`, {
        hint: "Push a branch, for example: git push berth main",
      });
    }
  }
}

/** `deployBranch` is undefined for an app that was never deployed and has none set. Throws `deploy-branch-deleted`. */
export function decidePush(app: string, updates: readonly RefUpdate[], deployBranch: string | undefined): PushDecision {
  const deleted = updates.filter(isDeletion);
  if (deployBranch !== undefined && deleted.some(({ ref }) => ref === branchPrefix + deployBranch)) {
    throw new UserError("deploy-branch-deleted", `'${deployBranch}' is the branch that ${app} is deployed from`, {
      hint: `To remove the app, type: apps:destroy ${app}. To deploy from another branch: git:set ${app} deploy-branch BRANCH`,
    });
  }
  const pushed = updates.filter((update) => !isDeletion(update));
  for (const branch of deployBranch === undefined ? firstBranches : [deployBranch]) {
    const update = pushed.find(({ ref }) => ref === branchPrefix + branch);
    if (update !== undefined) {
      return { kind: "deploy", branch, commit: update.after, isFirst: deployBranch === undefined };
    }
  }
  return keep(app, pushed, deployBranch ?? "main");
}

function keep(app: string, pushed: readonly RefUpdate[], deployBranch: string): PushDecision {
  const [first] = pushed;
  if (first === undefined) return { kind: "keep", notice: undefined, advice: undefined };
  const branch = pushed.find(({ ref }) => ref.startsWith(branchPrefix));
  const name = branch?.ref.slice(branchPrefix.length) ?? `${first.ref.slice(tagPrefix.length)}^{}`;
  const what = branch === undefined ? "only tags were pushed" : `'${name}' was pushed`;
  return {
    kind: "keep",
    notice: `Nothing was deployed: ${what}, and ${app} is deployed from '${deployBranch}'`,
    advice: `To deploy it, type: git push berth ${name}:${deployBranch}`,
  };
}
