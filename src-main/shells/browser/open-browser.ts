import { spawn } from 'node:child_process';

/** Opens a link in the default browser where there is one; a person can always open it by hand. */
export function openBrowser(url: string): void {
  const command = openCommand(url);
  if (command === null) return;
  const [program, args] = command;
  const child = spawn(program, args, { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}

function openCommand(url: string): [string, string[]] | null {
  const { platform, env } = process;
  if (platform === 'darwin') return ['open', [url]];
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open', [url]] : null;
}
