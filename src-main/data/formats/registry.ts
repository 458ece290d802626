import type { DataSource } from '../../../src-shared/data/dataset-document.ts';
import { cifarFormat } from './cifar/cifar.ts';
import { csvFormat } from './csv/csv.ts';
import type { DataFormat, FileFormat, FileSource } from './interface/data-format.ts';
import { generatedFormat } from './generated/generated.ts';
import { idxFormat } from './idx/idx.ts';
import { numpyFormat } from './numpy/numpy.ts';
import { picturesFormat } from './pictures/pictures.ts';

/** In the order of recognition; CSV is last because it accepts any file. */
export const fileFormats: readonly FileFormat[] = [idxFormat, numpyFormat, cifarFormat, picturesFormat, csvFormat];

export function fileFormatOf(kind: FileSource['kind']): FileFormat {
  return fileFormats.find((format) => format.kind === kind)!;
}

export function formatOf(kind: DataSource['kind']): DataFormat {
  return kind === 'generated' ? generatedFormat : fileFormatOf(kind);
}
