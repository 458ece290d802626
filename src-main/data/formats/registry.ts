import type { DataSource } from '../../../src-shared/data/dataset-document.ts';
import { csvFormat } from './csv.ts';
import type { DataFormat, FileFormat, FileSource } from './data-format.ts';
import { generatedFormat } from './generated.ts';
import { idxFormat } from './idx.ts';

/** In the order in which they are asked what a file or folder is: CSV takes any file. */
export const fileFormats: readonly FileFormat[] = [idxFormat, csvFormat];

export function fileFormatOf(kind: FileSource['kind']): FileFormat {
  return fileFormats.find((format) => format.kind === kind)!;
}

export function formatOf(kind: DataSource['kind']): DataFormat {
  return kind === 'generated' ? generatedFormat : fileFormatOf(kind);
}
