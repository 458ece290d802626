import { GraphFault, MAX_NODES } from './graph-def.ts';
import type { ProtoFunction, ProtoNode } from './proto-graph.ts';

/** Limits on damaged files: small functions that call each other can make any number of nodes with any names. */
const MAX_DEPTH = 64;
const MAX_CALLS = 50_000;
const MAX_NAME = 10_000;
const MAX_ALIASES = 10_000;

/** Names of the outputs of operations that have several, where a function refers to an output by name. */
const OUTPUT_NAMES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].map((op) => [
      op,
      ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2', 'reserve_space_3'],
    ]),
  ),
  TopKV2: ['values', 'indices'],
};

/**
 * A graph without calls of functions: their nodes are in the place of each call. It has the nodes that the wanted ones
 * depend on.
 */
export class FlatGraph {
  readonly nodes = new Map<string, ProtoNode>();
  readonly #functions: ReadonlyMap<string, ProtoFunction>;
  /** Values that are another one: inputs and results of calls. */
  readonly #aliases = new Map<string, string>();
  readonly #withControl: boolean;
  #calls = 0;

  /**
   * @param wanted Names of nodes.
   * @param withControl Whether nodes that only have to run before are taken too, as for assignments.
   * @throws GraphFault for missing nodes, or functions that call each other without end.
   */
  constructor(
    main: readonly ProtoNode[],
    functions: ReadonlyMap<string, ProtoFunction>,
    wanted: readonly string[],
    withControl = false,
  ) {
    this.#functions = functions;
    this.#withControl = withControl;
    this.#add('', main, new Set(), wanted, 0);
  }

  /** The value that a reference of the main graph stands for: 'node:0'. */
  valueOf(reference: string): string {
    return this.#resolved(referenceIn('', reference, new Map()));
  }

  /** Inputs of a node as values of this graph. */
  inputsOf({ input }: ProtoNode): string[] {
    return input.map((reference) => this.#resolved(reference));
  }

  #resolved(reference: string): string {
    let value = reference;
    for (let steps = 0; steps < MAX_ALIASES; steps++) {
      const next = this.#aliases.get(value);
      if (next === undefined) return value;
      value = next;
    }
    throw new GraphFault(`a call that returns its own result, '${reference}'`);
  }

  /** @param prefix Of the names: the calls that lead here. @param given Names of a function's inputs. */
  #add(
    prefix: string,
    all: readonly ProtoNode[],
    given: ReadonlySet<string>,
    wanted: readonly string[],
    depth: number,
  ): void {
    if (depth > MAX_DEPTH) throw new GraphFault(`functions that call each other ${MAX_DEPTH} times`);
    const byName = new Map(all.map((node) => [node.name, node]));
    const seen = new Set<string>();
    const pending = [...wanted];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (seen.has(name) || given.has(name)) continue;
      seen.add(name);
      const node = byName.get(name);
      if (node === undefined) throw new GraphFault(`no node '${prefix}${name}'`);
      const data = node.input.filter((reference) => !reference.startsWith('^'));
      const input = data.map((reference) => referenceIn(prefix, reference, byName, given, this.#functions));
      for (const reference of this.#withControl ? node.input : data) pending.push(nodeOf(reference));
      const called = this.#functions.get(node.calls ?? node.op);
      if (called !== undefined && isCall(node)) this.#call(`${prefix}${name}`, called, input, depth);
      else this.nodes.set(`${prefix}${name}`, { ...node, name: `${prefix}${name}`, input });
      if (this.nodes.size > MAX_NODES) throw new GraphFault(`more than ${MAX_NODES} nodes`);
    }
  }

  #call(name: string, called: ProtoFunction, input: readonly string[], depth: number): void {
    this.#calls++;
    if (this.#calls > MAX_CALLS) throw new GraphFault(`more than ${MAX_CALLS} calls of functions`);
    const prefix = `${name}/`;
    if (prefix.length > MAX_NAME) throw new GraphFault(`a name of more than ${MAX_NAME} characters`);
    const byName = new Map(called.nodes.map((node) => [node.name, node]));
    const given = new Set(called.inputs);
    for (const [index, argument] of called.inputs.entries()) {
      const source = input[index];
      if (source === undefined) throw new GraphFault(`a call '${name}' without its input '${argument}'`);
      this.#aliases.set(`${prefix}${argument}:0`, source);
    }
    const returned = called.outputs.map((output) => {
      const value = called.returns.get(output);
      if (value === undefined) throw new GraphFault(`a function '${called.name}' that does not return '${output}'`);
      return value;
    });
    for (const [index, value] of returned.entries()) {
      this.#aliases.set(`${name}:${index}`, referenceIn(prefix, value, byName, given, this.#functions));
    }
    const wanted = this.#withControl ? [...byName.keys()] : returned.map(nodeOf);
    this.#add(prefix, called.nodes, given, wanted, depth + 1);
  }
}

const isCall = ({ op, calls }: ProtoNode): boolean =>
  calls === null || op === 'PartitionedCall' || op === 'StatefulPartitionedCall';

/** The node of a reference: 'node', 'node:0', 'node:output:0', '^node'. */
export const nodeOf = (reference: string): string => reference.replace(/^\^/, '').replace(/:.*$/, '');

/** A reference as 'node:0'. */
function referenceIn(
  prefix: string,
  reference: string,
  nodes: ReadonlyMap<string, ProtoNode>,
  given: ReadonlySet<string> = new Set(),
  functions: ReadonlyMap<string, ProtoFunction> = new Map(),
): string {
  const [node = '', ...rest] = reference.split(':');
  const last = rest.at(-1);
  if (last !== undefined && !/^\d+$/.test(last)) throw new GraphFault(`an input '${reference}'`);
  const index = Number(last ?? 0);
  if (rest.length < 2 || given.has(node)) return `${prefix}${node}:${index}`;
  const { op = '', calls = null } = nodes.get(node) ?? {};
  const names = functions.get(calls ?? op)?.outputs ?? OUTPUT_NAMES[op] ?? [];
  const isOfCall = calls !== null;
  return `${prefix}${node}:${isOfCall ? index : Math.max(0, names.indexOf(rest[0]!)) + index}`;
}
