import type { Attachment } from 'svelte/attachments';

/** Where the words stand: under the element, or at its right. */
type Side = 'below' | 'beside';

const DELAY_MS = 450;
const GAP = 6;
const REST_PIXELS = 4;

let bubble: HTMLDivElement | null = null;
let owner: Element | null = null;
/** While something is dragged the pointer's way says nothing. */
let dragging = false;
/** Where the pointer was pressed last: what comes under it while it rests there stays silent. */
let pressedAt: { readonly x: number; readonly y: number } | null = null;

/**
 * `{@attach tooltip('What it does', 'Ctrl Z')}`: words that appear on hover and on keyboard focus.
 * The element needs its own name (text or aria-label); the tooltip is its description.
 * @param side Beside it in lists, where it would cover the next entries.
 */
export function tooltip(
  text: string | null | undefined,
  shortcut?: string | null,
  side: Side = 'below',
): Attachment<HTMLElement> {
  return (element) => {
    if (text == null || text === '') return;
    const show = () => open(element, text, shortcut ?? null, side);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enter = ({ clientX, clientY, buttons }: PointerEvent) => {
      clearTimeout(timer);
      // A button is held: something is moved or marked.
      if (buttons !== 0) return;
      if (pressedAt !== null && Math.hypot(clientX - pressedAt.x, clientY - pressedAt.y) < REST_PIXELS) return;
      pressedAt = null;
      timer = setTimeout(() => dragging || show(), DELAY_MS);
    };
    const showAtOnce = () => {
      if (element.matches(':focus-visible')) show();
    };
    const hide = () => {
      clearTimeout(timer);
      if (owner === element) close();
    };
    const press = ({ clientX, clientY }: PointerEvent) => {
      pressedAt = { x: clientX, y: clientY };
      hide();
    };
    const listening = new AbortController();
    const { signal } = listening;
    element.addEventListener('pointerenter', enter, { signal });
    element.addEventListener('pointerleave', hide, { signal });
    element.addEventListener('pointerdown', press, { signal });
    // Enter and Space click too.
    element.addEventListener('click', hide, { signal });
    element.addEventListener('focus', showAtOnce, { signal });
    element.addEventListener('blur', hide, { signal });
    return () => {
      hide();
      listening.abort();
    };
  };
}

function open(element: HTMLElement, text: string, shortcut: string | null, side: Side): void {
  close();
  bubble = document.createElement('div');
  bubble.className = 'tooltip';
  bubble.id = 'lamina-tooltip';
  bubble.role = 'tooltip';
  bubble.textContent = text;
  if (shortcut !== null) {
    const key = document.createElement('kbd');
    key.textContent = shortcut;
    bubble.append(key);
  }
  // Inside an open dialog, so that it is not under it.
  (element.closest('dialog') ?? document.body).append(bubble);
  owner = element;
  element.setAttribute('aria-describedby', bubble.id);
  place(bubble, element.getBoundingClientRect(), side);
  window.addEventListener('keydown', closeOnEscape, { capture: true });
}

function place(tip: HTMLElement, target: DOMRect, side: Side): void {
  const { width, height } = tip.getBoundingClientRect();
  if (side === 'beside' && target.right + GAP + width < window.innerWidth) {
    const middle = target.top + target.height / 2 - height / 2;
    tip.style.top = `${Math.max(4, Math.min(middle, window.innerHeight - height - 4))}px`;
    tip.style.left = `${target.right + GAP}px`;
    return;
  }
  const below = target.bottom + GAP + height < window.innerHeight;
  const top = below ? target.bottom + GAP : target.top - GAP - height;
  const left = Math.min(Math.max(4, target.left + target.width / 2 - width / 2), window.innerWidth - width - 4);
  tip.style.top = `${Math.max(4, top)}px`;
  tip.style.left = `${left}px`;
}

function close(): void {
  if (bubble === null) return;
  bubble.remove();
  owner?.removeAttribute('aria-describedby');
  bubble = null;
  owner = null;
  window.removeEventListener('keydown', closeOnEscape, { capture: true });
}

function closeOnEscape(event: KeyboardEvent): void {
  if (event.key === 'Escape') close();
}

// No pointer leaves an element while something is dragged off it.
globalThis.addEventListener?.('dragstart', () => {
  dragging = true;
  close();
});
for (const end of ['dragend', 'drop']) globalThis.addEventListener?.(end, () => (dragging = false), { capture: true });
