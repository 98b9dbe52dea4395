import { trace, type TracerProvider } from "@opentelemetry/api";
import { InstrumentationBase, type InstrumentationConfig } from "@opentelemetry/instrumentation";
import { autolog, unautolog, type OpenAIAutologOptions } from "./autolog.ts";
import { version } from "./version.ts";

/** What {@link OpenAIInstrumentation} accepts. */
export type OpenAIInstrumentationConfig = InstrumentationConfig & Omit<OpenAIAutologOptions, "tracerProvider">;

/**
 * `autolog()` as an OpenTelemetry instrumentation, for `new NodeSDK({ instrumentations: [new OpenAIInstrumentation()] })`.
 * It records with the provider that the SDK sets, and starts no exporter of its own. Like `autolog()` it also finds a
 * client that was imported before, and needs no `--import` flag.
 *
 * It is the same recording as `autolog()`'s: with both, every call is one span, in the provider that was given last.
 */
export class OpenAIInstrumentation extends InstrumentationBase<OpenAIInstrumentationConfig> {
  constructor(config: OpenAIInstrumentationConfig = {}) {
    // The base class enables from within its constructor, before this one's part of the object exists.
    super("@tracelake/autolog-openai", version, { ...config, enabled: false });
    this.setConfig(config);
    if (this.getConfig().enabled === true) this.enable();
  }

  /** Nothing for the base class to hook: modules are found by the way `autolog()` finds them. */
  protected override init(): [] {
    return [];
  }

  override enable(): void {
    super.enable();
    this.#record(trace.getTracerProvider());
  }

  override disable(): void {
    super.disable();
    unautolog();
  }

  override setTracerProvider(tracerProvider: TracerProvider): void {
    super.setTracerProvider(tracerProvider);
    if (this.isEnabled()) this.#record(tracerProvider);
  }

  #record(tracerProvider: TracerProvider): void {
    const { enabled: _enabled, ...options } = this.getConfig();
    autolog({ ...options, tracerProvider });
  }
}
