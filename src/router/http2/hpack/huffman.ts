// Of the code of each byte, and last of the end of a text: its length in bits, A for 5 up to Z for 30. The code is canonical
// (RFC 7541, appendix B): shorter ones come first, those of one length in the order of what they stand for.
const lengths =
  "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHFIBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJBKABABABBBACCBBBABCBAABCCCCC" +
  "KGJIXPRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRSVVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWVZ";
const endOfText = 256;

// A node is where a code stands after some of its bits. For each and the next four bits: the next node, and what has ended.
const nothing = -1;
const broken = -2;
let next: Int16Array | undefined;
let symbols: Int16Array;
/** Nodes at which a text may end: on the way to its end, by less than a byte. */
let mayEnd: Uint8Array;

/** Undefined for what is not encoded like that. */
export function decodeHuffman(bytes: Buffer, from: number, to: number): string | undefined {
  const steps = next ?? build();
  const text = Buffer.allocUnsafe(((to - from) * 8) / 5 + 1);
  let length = 0;
  let node = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    const high = node * 16 + (byte >> 4);
    const low = (steps[high] as number) * 16 + (byte & 15);
    const first = symbols[high] as number;
    const second = symbols[low] as number;
    if (first === broken || second === broken) return undefined;
    if (first !== nothing) text[length++] = first;
    if (second !== nothing) text[length++] = second;
    node = steps[low] as number;
  }
  return mayEnd[node] === 1 ? text.toString("latin1", 0, length) : undefined;
}

type Tree = [Tree | number | undefined, Tree | number | undefined];

function build(): Int16Array {
  const root = treeOfCodes();
  const nodes = nodesOf(root);
  const numbers = new Map(nodes.map((node, index) => [node, index]));
  next = new Int16Array(nodes.length * 16);
  symbols = new Int16Array(nodes.length * 16).fill(nothing);
  for (const [number, start] of nodes.entries()) {
    for (let bits = 0; bits < 16; bits++) {
      let node = start;
      for (let mask = 8; mask > 0; mask >>= 1) {
        const branch = node[(bits & mask) === 0 ? 0 : 1];
        if (typeof branch === "object") node = branch;
        else {
          symbols[number * 16 + bits] = branch === endOfText || branch === undefined ? broken : branch;
          node = root;
          if (branch === endOfText || branch === undefined) break;
        }
      }
      next[number * 16 + bits] = numbers.get(node) ?? 0;
    }
  }
  mayEnd = new Uint8Array(nodes.length);
  let node: Tree | number | undefined = root;
  for (let depth = 0; depth < 8 && typeof node === "object"; depth++) {
    mayEnd[numbers.get(node) ?? 0] = 1;
    node = node[1];
  }
  return next;
}

function treeOfCodes(): Tree {
  const root: Tree = [undefined, undefined];
  let code = 0;
  for (let length = 5; length <= 30; length++) {
    for (let symbol = 0; symbol <= endOfText; symbol++) {
      if (lengths.charCodeAt(symbol) - 60 !== length) continue;
      let node = root;
      for (let bit = length - 1; bit > 0; bit--) {
        const side = (code >> bit) & 1;
        node[side] ??= [undefined, undefined];
        node = node[side] as Tree;
      }
      node[code & 1] = symbol;
      code++;
    }
    code *= 2;
  }
  return root;
}

function nodesOf(root: Tree): Tree[] {
  const nodes = [root];
  for (const node of nodes) for (const branch of node) if (typeof branch === "object") nodes.push(branch);
  return nodes;
}
