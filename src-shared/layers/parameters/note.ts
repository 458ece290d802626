import type { ParameterKind } from './parameter-kind.ts';

/** Words for people; they change nothing that the layer computes. */
export interface NoteType {
  readonly kind: 'note';
}

export const note: ParameterKind<NoteType> = {
  fault: (_, value) => (typeof value === 'string' ? null : 'a text'),
  field: () => ({ input: 'text', placeholder: '', show: String, read: (text) => ({ value: text }) }),
  toKeras: () => null,
  single: true,
};
