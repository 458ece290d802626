import { layerCatalog } from '../../../../../src-shared/layers/catalog/catalog.ts';

/** What is searched: a layer of the catalog, or a block. */
export interface Searched {
  readonly kind: string;
  readonly description: string;
}

/** How well a kind matches: its whole name, a part of a name, or only its description. */
type Answer = { readonly kind: 0 | 1 | 2; readonly score: number };

/**
 * Those that the typed text may mean, best first: by Keras's names, their initials, and other names of the
 * field ('fc', 'max pool'), then by descriptions. Of as good answers those that fit come first.
 *
 * @param fits Whether it can read what it would be connected with.
 */
export function searchLayers<Item extends Searched>(
  items: readonly Item[],
  query: string,
  fits: (item: Item) => boolean = () => true,
): Item[] {
  const answers = items.flatMap((item) => {
    const answer = answerOf(item, query);
    return answer === null ? [] : [{ item, ...answer, unfit: fits(item) ? 0 : 1 }];
  });
  return answers.sort((a, b) => a.kind - b.kind || a.unfit - b.unfit || a.score - b.score).map(({ item }) => item);
}

function answerOf(item: Searched, query: string): Answer | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = plain(words.join(''));
  if (wanted === '') return { kind: 1, score: 0 };
  const named = nameAnswer(item.kind, wanted);
  if (named !== null) return named;
  // 'embedding layer' and 'dense64' name a layer and say more.
  const bare = plain(words.filter((word) => !/^layers?$/.test(word)).join('')).replace(/\d+$/, '');
  const barely = bare === '' || bare === wanted ? null : nameAnswer(item.kind, bare);
  if (barely !== null) return { kind: 2, score: barely.score };
  const text = [item.kind, ...otherNames(item.kind), item.description].join(' ').toLowerCase();
  return words.every((word) => text.includes(word)) ? { kind: 2, score: 9 } : null;
}

function nameAnswer(kind: string, wanted: string): Answer | null {
  const own = plain(kind);
  const axes = /[123]D/.exec(kind)?.[0].toLowerCase() ?? '';
  const others = otherNames(kind).flatMap((name) => [plain(name), plain(name) + axes]);
  const length = own.length / 100;
  if (own === wanted) return { kind: 0, score: 0 };
  if (own.startsWith(wanted)) return { kind: 1, score: length };
  if (others.includes(wanted)) return { kind: 1, score: length };
  const initials = plain(kind.replace(/[^A-Z0-9]/g, ''));
  if (initials.startsWith(wanted)) return { kind: 1, score: 1 + length };
  const at = own.indexOf(wanted);
  if (at > 0) return { kind: 1, score: 2 + at / 100 };
  return wanted.length > 1 && others.some((name) => name.startsWith(wanted)) ? { kind: 1, score: 3 + length } : null;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}

function otherNames(kind: string): readonly string[] {
  return layerCatalog.get(kind)?.otherNames ?? [];
}
