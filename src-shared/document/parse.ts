import { z } from 'zod';
import { AppError } from '../contract/app-error.ts';
import { issuesText } from '../text/issue-text.ts';
import { migrateModel } from './migrations.ts';
import {
  blockParameterSchema,
  MODEL_FORMAT,
  MODEL_VERSION,
  modelBlockSchema,
  modelDocumentSchema,
  modelNodeSchema,
  modelEdgeSchema,
  type ModelBlock,
  type ModelDocument,
} from './model-document.ts';

export interface ParsedModel {
  readonly document: ModelDocument;
  /** What could not be read, with what was used instead. */
  readonly warnings: readonly AppError[];
}

type Graph = Pick<ModelDocument, 'nodes' | 'edges'>;

/** A block whose parts are read one by one. */
const looseBlockSchema = modelBlockSchema.extend({ parameters: z.unknown(), nodes: z.unknown(), edges: z.unknown() });

const envelopeSchema = z.object({ format: z.literal(MODEL_FORMAT), version: z.number().int().min(1) });

/**
 * Reads a model document of this or an older version. Damaged nodes and edges are left
 * out with a warning each, so that one bad line never costs a whole model.
 * @param value Parsed JSON.
 * @param file Named in messages.
 * @throws AppError `document/not-a-model` where it is something else, `document/newer-version`
 *   where a later Lamina wrote it.
 */
export function parseModelDocument(value: unknown, file = 'The model'): ParsedModel {
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) {
    throw new AppError(
      'document/not-a-model',
      `${file} is not a model document. Expected format '${MODEL_FORMAT}' and a version; received ${describe(value)}. ` +
        'Choose a *.lamina.json file, or restore it from a copy.',
    );
  }
  const version = envelope.data.version;
  if (version > MODEL_VERSION) {
    throw new AppError(
      'document/newer-version',
      `${file} has version ${version}; this Lamina reads up to ${MODEL_VERSION}. Update Lamina to open it.`,
      { version, supported: MODEL_VERSION },
    );
  }
  const migrated = migrateModel(value as Record<string, unknown>, version);
  const whole = modelDocumentSchema.safeParse(migrated);
  const salvaged = whole.success ? { document: whole.data, warnings: [] } : salvage(migrated, file);
  return mend(salvaged, file);
}

function salvage(value: Record<string, unknown>, file: string): ParsedModel {
  const warnings: AppError[] = [];
  const readAll = <Item>(items: unknown, schema: z.ZodType<Item>, what: string): Item[] => {
    if (!Array.isArray(items)) {
      warnings.push(damaged(`${file} has no list of ${what}s; an empty one is used.`));
      return [];
    }
    return items.flatMap((item, index) => {
      const parsed = schema.safeParse(item);
      if (parsed.success) return [parsed.data];
      const fault = issuesText(parsed.error, item, 1);
      warnings.push(damaged(`${file}: ${what} ${index + 1} cannot be read and is left out (${fault}).`));
      return [];
    });
  };
  const readGraph = (graph: Record<string, unknown>, place = '') => ({
    nodes: readAll(graph['nodes'], modelNodeSchema, `${place}node`),
    edges: readAll(graph['edges'], modelEdgeSchema, `${place}edge`),
  });
  const blocks = readAll(value['blocks'], looseBlockSchema, 'block').map((block): ModelBlock => {
    const place = `block '${block.name}', `;
    const { nodes, edges } = readGraph(block, place);
    return { ...block, parameters: readAll(block.parameters, blockParameterSchema, `${place}parameter`), nodes, edges };
  });
  const name = value['name'];
  if (typeof name !== 'string') warnings.push(damaged(`${file} has no name; 'model' is used.`));
  return {
    document: {
      format: MODEL_FORMAT,
      version: MODEL_VERSION,
      name: typeof name === 'string' ? name : 'model',
      ...readGraph(value),
      blocks,
    },
    warnings,
  };
}

/** Drops repeated ids and edges that end nowhere: edits rely on their absence. */
function mend({ document, warnings }: ParsedModel, file: string): ParsedModel {
  const found: AppError[] = [...warnings];
  const blockIds = new Set<string>();
  const blocks = document.blocks.filter((block) => {
    if (!blockIds.has(block.id)) return blockIds.add(block.id);
    found.push(damaged(`${file}: block '${block.name}' repeats the id '${block.id}' and is left out.`));
    return false;
  });
  return {
    document: {
      ...document,
      ...mendGraph(document, file, found),
      blocks: blocks.map((block) => ({ ...block, ...mendGraph(block, `${file}, block '${block.name}'`, found) })),
    },
    warnings: found,
  };
}

function mendGraph(graph: Graph, where: string, warnings: AppError[]): Graph {
  const nodeIds = new Set<string>();
  const nodes = graph.nodes.filter((node) => {
    if (!nodeIds.has(node.id)) return nodeIds.add(node.id);
    warnings.push(damaged(`${where}: node '${node.name}' repeats the id '${node.id}' and is left out.`));
    return false;
  });
  const edgeIds = new Set<string>();
  const edges = graph.edges.filter((edge) => {
    const reason = edgeIds.has(edge.id)
      ? `repeats the id '${edge.id}'`
      : !nodeIds.has(edge.source)
        ? `starts at no node ('${edge.source}')`
        : !nodeIds.has(edge.target)
          ? `ends at no node ('${edge.target}')`
          : null;
    if (reason === null) return edgeIds.add(edge.id);
    warnings.push(damaged(`${where}: edge '${edge.id}' ${reason} and is left out.`));
    return false;
  });
  return { nodes, edges };
}

function damaged(message: string): AppError {
  return new AppError('document/damaged', message);
}

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'nothing';
  const { format, version } = value as { format?: unknown; version?: unknown };
  return `format ${JSON.stringify(format) ?? 'missing'}, version ${JSON.stringify(version) ?? 'missing'}`;
}
