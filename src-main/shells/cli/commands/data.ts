import { resolve } from 'node:path';
import type { DataProfile } from '../../../../src-shared/contract/data-results.ts';
import type { DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { DataProcesses } from '../../../core/data-processes.ts';
import { EXIT, jsonOption, type Command } from '../options/command.ts';
import { untilStopped } from '../options/stop-signal.ts';
import { dialectFrom, tableOptions } from '../options/table-options.ts';
import { formatProgress } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';

export const dataCommand: Command = {
  name: 'data',
  summary: 'Says what a file or folder of data is, and how it is read.',
  usage: '<path> [options]',
  positionals: { min: 1, max: 1 },
  options: { ...tableOptions, json: jsonOption },
  examples: [
    ['lamina data houses.csv', 'Rows, columns and what is not clear.'],
    ['lamina data houses.csv --delimiter ";" --decimal , --json', 'As JSON, with two options for reading it.'],
  ],

  async run([path = ''], options, output) {
    const dialect = dialectFrom(options);
    const absolute = resolve(path);
    const processes = new DataProcesses();
    const read = async (signal: AbortSignal): Promise<number> => {
      const call = {
        signal,
        onProgress: (progress: Parameters<typeof formatProgress>[0]) => output.progress(formatProgress(progress)),
      };
      const replaced = dialect === null ? undefined : { kind: 'csv' as const, path: absolute, ...dialect };
      const place = { path: absolute, projectFolder: process.cwd() };
      const document = await processes.call(
        'detect',
        { ...place, ...(replaced === undefined ? {} : { replaced }) },
        call,
      );
      const profile = await processes.call('profile', { document, projectFolder: place.projectFolder }, call);
      const described = describe(document, profile);
      if (options['json'] === true) output.json(described);
      else for (const line of linesOf(described)) output.line(line);
      return EXIT.done;
    };
    try {
      return await untilStopped(read, (status) => {
        output.note('Cancelled.');
        return status;
      });
    } finally {
      await processes.close();
    }
  },
};

function describe({ source, guess }: DatasetDocument, { rows, columns, warnings }: DataProfile) {
  const { kind, ...settings } = source;
  const { path: _, ...options } = 'path' in settings ? settings : { ...settings, path: '' };
  return {
    format: kind,
    rows,
    columns: columns.map(({ column: { name, type, role }, missing, distinct }) => ({
      name,
      type,
      role,
      missing,
      distinct,
    })),
    warnings: [...(guess?.remarks ?? []).map(({ text }) => text), ...warnings],
    /** How a text table is read, where this differs from the usual. */
    options,
  };
}

function linesOf({ format, rows, columns, warnings, options }: ReturnType<typeof describe>): string[] {
  const read = Object.entries(options).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [
    `${format}, ${rows.toLocaleString('en')} rows, ${columns.length} columns${read.length === 0 ? '' : `; ${read.join(', ')}`}`,
    ...table([
      ['column', 'type', 'role', 'missing', 'distinct'],
      ...columns.map(({ name, type, role, missing, distinct }) => [
        name,
        type,
        role,
        String(missing),
        String(distinct),
      ]),
    ]),
    ...warnings,
  ];
}
