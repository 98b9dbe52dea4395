/**
 * The same answer, with `atEnd` called and waited for when its body has been read to the end, has failed or is not wanted
 * any more. An answer that streams is not over when its handler returns, and neither are the spans that make it.
 *
 * @returns `undefined` where `answer` has no body, or none that can be passed on.
 */
export const observeBodyEnd = (answer: unknown, atEnd: () => Promise<void>): Response | undefined => {
  if (typeof Response === "undefined" || !(answer instanceof Response) || answer.body === null) return undefined;
  if (answer.bodyUsed || answer.body.locked || answer.status < 200) return undefined;
  const reader = answer.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            controller.enqueue(value);
            return;
          }
        } catch (error) {
          await atEnd();
          throw error;
        }
        await atEnd();
        controller.close();
      },
      cancel: async (reason) => {
        try {
          await reader.cancel(reason);
        } finally {
          await atEnd();
        }
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, answer);
};
