/** A comment of the `.proto` as a doc comment of what follows; nothing when there is nothing to say. */
export function docComment(comment: string, deprecated: boolean, indent: string): string {
  const lines = comment === "" ? [] : comment.replaceAll("*/", "*\\/").split("\n");
  if (deprecated) lines.push(...(lines.length > 0 ? [""] : []), "@deprecated");
  const [only] = lines;
  if (only === undefined) return "";
  if (lines.length === 1) return `${indent}/** ${only} */\n`;
  const body = lines.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}\n`);
  return `${indent}/**\n${body.join("")}${indent} */\n`;
}
