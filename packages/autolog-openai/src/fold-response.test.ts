import { expect, it } from "vitest";
import { foldRunEvents } from "./fold-response.ts";
import { Allowance } from "@tracelake/uc-exporter/plugin";

it("leaves the events of a run as they are", () => {
  const message = {
    id: "msg_1",
    object: "thread.message",
    content: [{ index: 0, type: "text", text: { value: "A " } }],
  };
  const events = [
    { event: "thread.message.created", data: message },
    {
      event: "thread.message.delta",
      data: { id: "msg_1", delta: { content: [{ index: 0, type: "text", text: { value: "lake" } }] } },
    },
  ];
  const before = structuredClone(events);
  const fold = foldRunEvents({ allowance: new Allowance(1000) });
  for (const event of events) fold.add(event);
  expect(fold.result()).toMatchObject({ messages: [{ content: [{ text: { value: "A lake" } }] }] });
  expect(events).toEqual(before);
});
