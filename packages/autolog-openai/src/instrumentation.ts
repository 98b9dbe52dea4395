import { trace, type TracerProvider } from "@opentelemetry/api";
import { autolog, unautolog } from "./autolog.ts";
import type { OpenAIAutologOptions } from "./options.ts";
import { version } from "./version.ts";

/** What {@link OpenAIInstrumentation} accepts. */
export interface OpenAIInstrumentationConfig extends Omit<OpenAIAutologOptions, "tracerProvider"> {
  /** Whether it records from its construction on. Default `true`. */
  enabled?: boolean;
}

/**
 * `autolog()` as an OpenTelemetry instrumentation, for `new NodeSDK({ instrumentations: [new OpenAIInstrumentation()] })`.
 * It records with the provider that the SDK sets, and starts no exporter of its own. Like `autolog()` it also finds a
 * client that was imported before, and needs no `--import` flag.
 *
 * It is the same recording as `autolog()`'s: with both, every call is one span, in the provider that was given last.
 *
 * @see https://github.com/open-telemetry/opentelemetry-js/tree/main/experimental/packages/opentelemetry-instrumentation
 */
export class OpenAIInstrumentation {
  // The interface `Instrumentation`, without the package it stands in: that one's hooks for modules are not used here.
  readonly instrumentationName = "@tracelake/autolog-openai";
  readonly instrumentationVersion = version;
  #config: OpenAIInstrumentationConfig = {};
  #tracerProvider: TracerProvider | undefined;

  constructor(config: OpenAIInstrumentationConfig = {}) {
    this.setConfig(config);
    if (this.isEnabled()) this.enable();
  }

  enable(): void {
    this.#config = { ...this.#config, enabled: true };
    this.#record();
  }

  disable(): void {
    this.#config = { ...this.#config, enabled: false };
    unautolog();
  }

  isEnabled(): boolean {
    return this.#config.enabled === true;
  }

  getConfig(): OpenAIInstrumentationConfig {
    return this.#config;
  }

  setConfig(config: OpenAIInstrumentationConfig): void {
    this.#config = { enabled: true, ...config };
  }

  setTracerProvider(tracerProvider: TracerProvider): void {
    this.#tracerProvider = tracerProvider;
    if (this.isEnabled()) this.#record();
  }

  /** No metrics are made. */
  setMeterProvider(): void {}

  #record(): void {
    const { enabled: _enabled, ...options } = this.#config;
    autolog({ ...options, tracerProvider: this.#tracerProvider ?? trace.getTracerProvider() });
  }
}
