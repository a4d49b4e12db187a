// aws-local-stepfunctions as a peer: a line {definition, input, tasks} in, a line {seconds, output} out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2] + "/");
const { StateMachine } = require("aws-local-stepfunctions");

let attempts = 0;
const FUNCTIONS = {
  hello: () => ({ Greeting: "Hello World" }),
  inc: (event) => ({ n: event.n + 1 }),
  double: (event) => ({ n: event.n * 2 }),
  flaky: () => {
    attempts += 1;
    if (attempts < 4) {
      throw Object.assign(new Error(`attempt ${attempts}`), { name: "Flaky" });
    }
    const made = attempts;
    attempts = 0;
    return { ok: true, attempts: made };
  },
};

// {state: function} for every Task, wherever it stands
function handlers(machine) {
  const found = {};
  for (const [name, state] of Object.entries(machine.States)) {
    if (state.Type === "Task") {
      found[name] = FUNCTIONS[state.Resource.split(":").pop()];
    }
    for (const inner of [state.ItemProcessor, state.Iterator, ...(state.Branches ?? [])]) {
      if (inner) Object.assign(found, handlers(inner));
    }
  }
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { definition, input } = JSON.parse(line);
  let answer;
  try {
    const machine = new StateMachine(definition, { validationOptions: { checkPaths: false, checkArn: false } });
    // as ours does, it skips the time of waits and retries
    const overrides = { taskResourceLocalHandlers: handlers(definition), waitTimeOverrides: {}, retryIntervalOverrides: {} };
    for (const [name, state] of Object.entries(definition.States)) {
      if (state.Type === "Wait") overrides.waitTimeOverrides[name] = 0;
      if (state.Retry) overrides.retryIntervalOverrides[name] = 0;
    }
    const started = process.hrtime.bigint();
    const output = await machine.run(input, { overrides }).result;
    answer = { seconds: Number(process.hrtime.bigint() - started) / 1e9, output };
  } catch (error) {
    answer = { error: String(error).slice(0, 200) };
  }
  console.log(JSON.stringify(answer));
}
