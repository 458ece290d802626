/**
 * Keeps one wheel listener on an element for good and lets those that come and go be called by it.
 * The canvas library takes its listener off and puts it on again at each move of the viewport, and a
 * browser paints all that lies in an element anew when that happens: 13 of 30 ms a move with 500 layers.
 */
export function keepWheelListener(element: HTMLElement): void {
  const listeners = new Set<EventListenerOrEventListenerObject>();
  element.addEventListener('wheel', (event) => listeners.forEach((listener) => call(listener, element, event)), {
    passive: false,
  });
  const add = element.addEventListener.bind(element) as EventTarget['addEventListener'];
  const remove = element.removeEventListener.bind(element) as EventTarget['removeEventListener'];
  element.addEventListener = ((type, listener, options) => {
    if (type !== 'wheel') add(type, listener, options);
    else if (listener !== null) listeners.add(listener);
  }) satisfies EventTarget['addEventListener'];
  element.removeEventListener = ((type, listener, options) => {
    if (type !== 'wheel' || listener === null || !listeners.delete(listener)) remove(type, listener, options);
  }) satisfies EventTarget['removeEventListener'];
}

function call(listener: EventListenerOrEventListenerObject, element: HTMLElement, event: Event): void {
  if (typeof listener === 'function') listener.call(element, event);
  else listener.handleEvent(event);
}
