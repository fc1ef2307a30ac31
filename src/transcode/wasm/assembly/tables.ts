/** Small tables in memory, filled once when the module starts. */

/** What a letter after a backslash stands for; 0 where nothing simple. */
export const ESCAPES: usize = memory.data(256, 16);
/** The value of a hex digit; 255 for all other bytes. */
export const HEX: usize = memory.data(256, 16);
/** The value of a letter of standard base64; 255 for all other bytes. */
export const BASE64: usize = memory.data(256, 16);

function escape(letter: string, meaning: u8): void {
  store<u8>(ESCAPES + letter.charCodeAt(0), meaning);
}

/** Fills `table` with the places of the letters of `alphabet`. */
function places(table: usize, alphabet: string): void {
  for (let i = 0; i < alphabet.length; i++) store<u8>(table + alphabet.charCodeAt(i), <u8>i);
}

escape('"', 0x22);
escape('\\', 0x5c);
escape('/', 0x2f);
escape('b', 0x08);
escape('f', 0x0c);
escape('n', 0x0a);
escape('r', 0x0d);
escape('t', 0x09);

memory.fill(HEX, 255, 256);
places(HEX, '0123456789abcdef');
for (let i = 0; i < 6; i++) store<u8>(HEX + 0x41 + i, <u8>(10 + i));

memory.fill(BASE64, 255, 256);
places(BASE64, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
