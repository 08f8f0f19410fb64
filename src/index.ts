export type { BackoffOptions } from "./core/backoff.js";
export type { Clock, Timer } from "./core/clock.js";
export { Code, codeName } from "./core/code.js";
export { type ContextKey, ContextValues, createContextKey } from "./core/context-values.js";
export { type ErrorDetail, type ErrorOptions, HeliographError } from "./core/error.js";
export type { Logger } from "./core/logger.js";
export { Metadata, type MetadataInit, type MetadataValue } from "./core/metadata.js";
export type { Reason } from "./core/reasons.js";
export { dns } from "./discovery/addresses/dns.js";
export type { DnsOptions } from "./discovery/addresses/dns-options.js";
export { type FixedAddresses, fixed } from "./discovery/addresses/fixed.js";
export { beacon } from "./discovery/beacon/beacon.js";
export type { BeaconOptions } from "./discovery/beacon/beacon-options.js";
export type { InstanceEvent } from "./discovery/directory/instance-changes.js";
export {
  type DiscoveringNode,
  type ListInstancesOptions,
  listInstances,
} from "./discovery/directory/list-instances.js";
export { type WatchInstancesOptions, watchInstances } from "./discovery/directory/watch-instances.js";
export { etcd } from "./discovery/etcd/etcd.js";
export type { EtcdOptions, EtcdTls } from "./discovery/etcd/etcd-options.js";
export {
  type RegistryHost,
  type ServeRegistryOptions,
  serveRegistry,
} from "./discovery/registry/serve-registry.js";
export type { ServiceOrName } from "./discovery/service-names.js";
export type { CircuitState } from "./interceptors/circuit.js";
export {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  circuitBreaker,
} from "./interceptors/circuit-breaker.js";
export { type ConcurrencyLimitOptions, concurrencyLimit } from "./interceptors/concurrency-limit.js";
export { type DeadlineOptions, deadline } from "./interceptors/deadline.js";
export { type LoggingOptions, type LogLevel, logging } from "./interceptors/logging.js";
export { type RateLimitOptions, rateLimit } from "./interceptors/rate-limit.js";
export { type RetryInterceptorOptions, retry } from "./interceptors/retry.js";
export type { Balancer, Candidate, PickedCall, Picker, PickerParts } from "./naming/balancer.js";
export { type ConsistentHashOptions, consistentHash } from "./naming/consistent-hash.js";
export type {
  Announcement,
  Condition,
  InstanceInfo,
  InstanceState,
  Load,
  ServedService,
} from "./naming/instance.js";
export { leastPending } from "./naming/least-pending.js";
export { type OutlierEjectionOptions, outlierEjection } from "./naming/outlier-ejection.js";
export { type PowerOfTwoOptions, powerOfTwo } from "./naming/power-of-two.js";
export { type PreferLocalOptions, preferLocal } from "./naming/prefer-local.js";
export { type PriorityOptions, priority } from "./naming/priority.js";
export { random } from "./naming/random.js";
export type {
  InstanceListener,
  InstanceSource,
  OpenResolver,
  Resolver,
  ResolverHost,
} from "./naming/resolver.js";
export { roundRobin } from "./naming/round-robin.js";
export { type StickyOptions, sticky } from "./naming/sticky.js";
export { type ClientConnection, connectTo } from "./node/connect.js";
export { createNode } from "./node/create-node.js";
export type { MethodDescription, NodeDescription, ServiceDescription } from "./node/description.js";
export type { LogThreshold } from "./node/log-level.js";
export type { CloseNodeOptions, Node } from "./node/node.js";
export type { CommonOptions, ConnectOptions, NodeOptions } from "./node/options.js";
export type { ResolverLink } from "./node/resolver-links.js";
export { type RunNodeOptions, type RunnableNode, runNode } from "./node/run.js";
export type { NodeState, NodeStatus } from "./node/status.js";
export { after, every, type TimerHost, type TimerOptions } from "./node/timers.js";
export { type CheckHealthOptions, checkHealth } from "./node/verbs/check-health.js";
export { type Health, type HealthNode, type HealthStatus, setHealth } from "./node/verbs/health-board.js";
export { emitEvent } from "./pubsub/events/emit-event.js";
export {
  type EventDelivery,
  EventSubscription,
  type OnEventOptions,
  onEvent,
  type UnreadableEvent,
} from "./pubsub/events/on-event.js";
export { type JoinOptions, joinWithin } from "./pubsub/operators/join-within.js";
export { type Latest, latestOfEach } from "./pubsub/operators/latest-of-each.js";
export { filter, map } from "./pubsub/operators/map-filter.js";
export { merge } from "./pubsub/operators/merge.js";
export type { Overflow } from "./pubsub/overflow.js";
export { createPublisher, type PublisherHost } from "./pubsub/publisher/create-publisher.js";
export type { PublisherOptions } from "./pubsub/publisher/publisher-options.js";
export type {
  FlushLevel,
  FlushOptions,
  Publisher,
  PublisherEvent,
  PublisherLeft,
  PublisherStats,
  PublishOptions,
  ReadyOptions,
  SubscriberInfo,
} from "./pubsub/publisher/publisher-types.js";
export type { Unhandled } from "./pubsub/publisher/unhandled.js";
export type { Delivery } from "./pubsub/subscriber/delivery.js";
export { type SubscriberHost, subscribe } from "./pubsub/subscriber/subscribe.js";
export type { Selection, SubscribeOptions } from "./pubsub/subscriber/subscribe-options.js";
export type {
  MatchedPublisher,
  Subscription,
  SubscriptionEvent,
  SubscriptionReadyOptions,
  SubscriptionStats,
} from "./pubsub/subscriber/subscription-types.js";
export type { Key, KeyOf } from "./pubsub/topic-key.js";
export type { WaitOptions } from "./pubsub/waits.js";
export type { CallOptions, ParentCall } from "./rpc/call-options.js";
export { type ClientOptions, createClient } from "./rpc/client/client.js";
export type { HandlerContext, Peer } from "./rpc/context.js";
export { type NotifyOptions, notify } from "./rpc/fan-out/notify.js";
export { type ScatterAnswer, type ScatterOptions, scatter } from "./rpc/fan-out/scatter.js";
export type {
  CallResult,
  InterceptedCall,
  Interceptor,
  Next,
  SingleRequestCall,
  SingleResult,
  StreamRequestCall,
  StreamResult,
} from "./rpc/interceptor.js";
export type { ReplyWindowStats } from "./rpc/kept/reply-window.js";
export type { ResumableStats } from "./rpc/kept/resumable-runs.js";
export type { RetryOptions } from "./rpc/retry-options.js";
export type { IdempotencyOptions, ServeOptions } from "./rpc/serve-options.js";
export { type ServingNode, serve } from "./rpc/server/serve.js";
export type { ServiceStats } from "./rpc/server/service-stats.js";
export type { Served } from "./rpc/server/serving.js";
export type { Instance, Transport, TransportHost } from "./rpc/transport.js";
export type {
  BidiStreamCall,
  BidiStreamHandler,
  Call,
  Client,
  ClientStreamCall,
  ClientStreamHandler,
  Handler,
  Handlers,
  MessageSource,
  RequestStream,
  ResponseStream,
  ServerStreamCall,
  ServerStreamHandler,
  UnaryCall,
  UnaryHandler,
} from "./rpc/types.js";
export { type FrameFilter, frameTap, type TappedFrame } from "./socket/frame-tap.js";
export { type InsecureOptions, insecure, type Security } from "./socket/security.js";
export type { SocketFactory, Tap, TappedMessage } from "./socket/socket.js";
export type { Compression } from "./wire/compression.js";
export type {
  Action,
  ActionPolicy,
  BidiStreamMethod,
  ClientStreamMethod,
  Idempotency,
  Init,
  KeyLevel,
  Member,
  MessageType,
  Method,
  Pipeline,
  Resumable,
  ServerStreamMethod,
  ServiceDefinition,
  Topic,
  UnaryMethod,
} from "./wire/definition.js";
export { detail, findDetails } from "./wire/details.js";
export { type DynamicService, dynamicService } from "./wire/dynamic-service.js";
export type { LimitOptions } from "./wire/limits.js";
export { compareSchemas, type Incompatibility } from "./wire/schema-compare.js";
export { schemaHash } from "./wire/schema-hash.js";
export { describeService } from "./wire/schema-text.js";
