import type { ImportLoss, LossSeverity } from '../import-report.ts';

/** Collects what is changed or refused while a file is read. */
export class ImportLosses {
  readonly all: ImportLoss[] = [];

  add(severity: LossSeverity, code: string, layer: string | null, message: string): void {
    this.all.push({ severity, code: `keras/${code}`, layer, message });
  }

  refuse(code: string, layer: string | null, message: string): void {
    this.add('refused', code, layer, message);
  }
}
