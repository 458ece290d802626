/** Something a person can do, by button, key or palette. */
export interface Command {
  readonly id: string;
  /** A verb phrase; a function where it changes ("Undo Add Dense"). */
  readonly title: string | (() => string);
  /** Other words that it is looked for by: 'export image'. */
  readonly words?: string;
  readonly group: 'Go to' | 'Model' | 'Edit' | 'Blocks' | 'Groups and notes' | 'View' | 'Train' | 'Project';
  /** 'Mod+K', 'Mod+Shift+Z', '1', 'Delete'; Mod is Ctrl, or Cmd on a Mac. The first is shown. */
  readonly keys?: readonly string[];
  /** Keys that the browser itself hears, as it does those of the clipboard: shown, not acted on. */
  readonly browserKeys?: string;
  /** Where its keys work too: while typing in a field, or wherever the focus is, dialogs and menus included. */
  readonly keysWork?: 'while typing' | 'everywhere';
  /** Where it cannot run its keys do what the browser does with them. */
  readonly leavesKeys?: boolean;
  /** Why it cannot run now; null where it can. */
  blocked?(): string | null;
  run(): void;
}

/** Why a command about the graph cannot run on another screen; the palette goes to Model and runs it there. */
export const NEEDS_MODEL = 'Go to Model first.';

export function needsModel(steps: { readonly current: string }): () => string | null {
  return () => (steps.current === 'model' ? null : NEEDS_MODEL);
}

export const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '');

export function titleOf(command: Command): string {
  return typeof command.title === 'string' ? command.title : command.title();
}

/** The keys of a command as they are printed: 'Ctrl Shift Z', '⌘ K'; null where it has none. */
export function shortcutOf(command: Command | undefined): string | null {
  const first = command?.keys?.[0] ?? command?.browserKeys;
  return first === undefined ? null : formatKeys(first);
}

export function formatKeys(keys: string): string {
  const arrows = { ArrowUp: '↑', ArrowDown: '↓' };
  const names: Record<string, string> = isMac
    ? { Mod: '⌘', Shift: '⇧', Alt: '⌥', Delete: '⌫', Enter: '↵', ...arrows }
    : { Mod: 'Ctrl', Delete: 'Del', ...arrows };
  return partsOf(keys)
    .map((key) => names[key] ?? key)
    .join(' ');
}

/** 'Mod+K' → ['Mod', 'K']; '+' is a key too. */
function partsOf(keys: string): string[] {
  return keys === '+' ? ['+'] : keys.split('+');
}

/** True where a key press is exactly this combination. */
export function matchesKeys(event: KeyboardEvent, keys: string): boolean {
  const parts = partsOf(keys);
  const key = parts.at(-1)!;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const otherMod = isMac ? event.ctrlKey : event.metaKey;
  if (otherMod || mod !== parts.includes('Mod') || event.altKey !== parts.includes('Alt')) return false;
  // '?' and '+' need Shift on many keyboards: it counts only for letters and named keys.
  const shiftCounts = key.length > 1 || /[a-z]/i.test(key);
  if (shiftCounts && event.shiftKey !== parts.includes('Shift')) return false;
  return event.key.toLowerCase() === key.toLowerCase();
}

/** True where keys belong to the text that is being typed. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement ||
      (target instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button'].includes(target.type)))
  );
}

/** True where this key press is the field's own: a list of choices has no undo. */
function belongsToField(event: KeyboardEvent): boolean {
  const isUndo = (isMac ? event.metaKey : event.ctrlKey) && /^[zy]$/i.test(event.key);
  return isTyping(event.target) && !(isUndo && event.target instanceof HTMLSelectElement);
}

/**
 * Runs the command that a key press asks for. Where it cannot run, says why, unless it leaves its keys to the browser.
 *
 * @param tell Shows a message.
 */
export function runByKeys(
  command: Command,
  event: Pick<KeyboardEvent, 'preventDefault' | 'repeat'>,
  tell: (message: string) => void,
): void {
  const blocked = command.blocked?.() ?? null;
  if (blocked !== null && command.leavesKeys === true) return;
  event.preventDefault();
  if (blocked === null) command.run();
  else if (!event.repeat) tell(`${titleOf(command)}: ${blocked}`);
}

/** The command that a key press asks for. @param inDialog The focus is in a dialog. */
export function commandFor(commands: readonly Command[], event: KeyboardEvent, inDialog: boolean): Command | null {
  const inField = belongsToField(event);
  const works = ({ keysWork }: Command): boolean =>
    keysWork === 'everywhere' || (!inDialog && (!inField || keysWork === 'while typing'));
  return commands.find((command) => works(command) && command.keys?.some((keys) => matchesKeys(event, keys))) ?? null;
}
