/** The exact sizes, codes and texts of gRPC's interop cases (doc/interop-test-descriptions.md of grpc/grpc). */

export const LARGE_REQUEST = 271_828;
export const LARGE_RESPONSE = 314_159;

export const CLIENT_STREAM_SIZES = [27_182, 8, 1_828, 45_904] as const;
export const CLIENT_STREAM_SUM = 74_922;

export const SERVER_STREAM_SIZES = [31_415, 9, 2_653, 58_979] as const;

/** Of each ping the size of its request and of its response. */
export const PING_PONGS = [
  [27_182, 31_415],
  [8, 9],
  [1_828, 2_653],
  [45_904, 58_979],
] as const;

/** The first is compressed, the second is not. */
export const COMPRESSED_CLIENT_STREAM_SIZES = [27_182, 45_904] as const;
export const COMPRESSED_CLIENT_STREAM_SUM = 73_086;
export const COMPRESSED_SERVER_STREAM_SIZES = [31_415, 92_653] as const;

export const INITIAL_KEY = "x-grpc-test-echo-initial";
export const INITIAL_VALUE = "test_initial_metadata_value";
export const TRAILING_KEY = "x-grpc-test-echo-trailing-bin";
export const TRAILING_VALUE: Uint8Array = Uint8Array.of(0xab, 0xab, 0xab);

export const STATUS_CODE = 2;
export const STATUS_MESSAGE = "test status message";
export const SPECIAL_STATUS_MESSAGE =
  "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n";

export const SOAK_ITERATIONS = 10;
export const SOAK_MAX_FAILURES = 0;
export const SOAK_MAX_LATENCY_MS = 1_000;

export const PICK_FIRST_CALLS = 100;

/** Names calls for ControlService; holds them; says who makes them. */
export const CALL_KEY = "x-interop-call";
export const HOLD_KEY = "x-interop-hold";
export const USER_KEY = "x-interop-user";
