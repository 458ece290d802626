import { app, session } from 'electron';
import { isOwnPage } from './page.ts';

/**
 * What the window may not do, whatever its page says: go elsewhere, open windows, embed
 * other pages, use devices or anything else that wants a permission. Copying text is the one
 * permission the own page has.
 */
export function refuseEverythingElse(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event, url) => {
      if (!isOwnPage(url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
  session.defaultSession.setPermissionCheckHandler((contents, permission) => isAllowed(permission, contents?.getURL()));
  session.defaultSession.setPermissionRequestHandler((contents, permission, answer) =>
    answer(isAllowed(permission, contents.getURL())),
  );
}

function isAllowed(permission: string, url: string | undefined): boolean {
  return permission === 'clipboard-sanitized-write' && isOwnPage(url);
}
