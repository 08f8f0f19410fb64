/** How a payload is compressed: `heliograph.wire.v1.Compression` by name. `zstd` needs Node 22.15 or newer. */
export type Compression = "none" | "gzip" | "zstd";
