/** Decisions of `mlflow.genai.scorers.online.sampler.OnlineScorerSampler` of MLflow 3.17.2: scorers as `[name, rate]`. */
export const mlflowDecisions: readonly {
  readonly entity: string;
  readonly scorers: readonly (readonly [string, number])[];
  readonly selected: readonly string[];
}[] = [
  {
    entity: "trace:/main.agents/a6a3a4506513270e269e0d37f2a74de4",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety"],
  },
  {
    entity: "tr-1818e811892f902bd23f0824128b2f33",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: [],
  },
  { entity: "trace:/main.agents/81e74ef5e8e25d940ed904759531985d", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "tr-6b0d549b6f03675a1600a35a099950d8",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "tr-6cad4a268d116ece1738f7d93d9c1724",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: ["größe", "名前"],
  },
  {
    entity: "tr-f28c105d1fb17c2390c192cfd3ac94af",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety", "tone"],
  },
  {
    entity: "tr-f29d0da9953f48f1a09f76b5a170b338",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: ["a"],
  },
  { entity: "tr-0cb1e29c658cda1495e60af593bd04cf", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "tr-2217beaddbc496cb8e81973e0becd7b0",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "trace:/main.agents/1e27a1c08a6a63ec24ede6a46b4cb242",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: [],
  },
  {
    entity: "session-ae97ba94d0eda82f8f6d05584ef8aa38",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety"],
  },
  {
    entity: "tr-a38fd547923a736994e3bf911a61dbe2",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: ["a", "b", "c"],
  },
  { entity: "tr-b64ce4228c38fb2918f135d25f557203", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "tr-34b9b5df9e7769b10f4205b4907a70c3",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "trace:/main.agents/c6f877186d76b07e881ed162ae2eb154",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: [],
  },
  {
    entity: "trace:/main.agents/7403e430ec66a78795e761d17731af10",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety"],
  },
  {
    entity: "trace:/main.agents/2e05319acb5c74273f98e2774cbd87ad",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: ["a"],
  },
  { entity: "session-930d6eaf14f4733f3e7d1bfbc7a2ea20", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "trace:/main.agents/57ee05cde00902c77ebff20686734721",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "session-faecbd389be4bcfc49b64a0872e6cc3a",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: [],
  },
  {
    entity: "tr-2a3af4d46b0a18e8830e07bc1e398f10",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety"],
  },
  {
    entity: "trace:/main.agents/6bf46c697d2caf82eeeacbe226e87555",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: [],
  },
  { entity: "tr-c3baea9e13deef86ab1031d0f646e1f4", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "session-d17f9acae01f5057ca02135e92b1d3f2",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "trace:/main.agents/98289fcd59a54a7bb1fee08f57124242",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: [],
  },
  {
    entity: "trace:/main.agents/119a72d174c9df6acc011cdd9474031b",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety"],
  },
  {
    entity: "tr-b2715945795e8229451abd81f1d69ed6",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: [],
  },
  { entity: "session-b394fb36bb2d420f0f88080b10a3d6b2", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "trace:/main.agents/ae658f33fe3b890b93f448b3a5aa3c81",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "trace:/main.agents/e315128862c33a4fb774eb5248db40af",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: [],
  },
  {
    entity: "session-7631a992f0ce583505c6af0758d5563d",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety", "tone"],
  },
  {
    entity: "trace:/main.agents/7e62aa0a1df9fd789c6539382b0537e6",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: ["a", "b", "c"],
  },
  { entity: "tr-211c70cf49952399c4aaeac137dc76fb", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "session-eab477d26415479c65dc9f503f63af83",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "trace:/main.agents/66d2287672fdf2022a96fb1a14a0f9e7",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: [],
  },
  {
    entity: "session-d1bc52d9230d977ee22571594720771f",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety", "tone"],
  },
  {
    entity: "trace:/main.agents/b4d66a3a47469a4d8cdb305fdd2e1609",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: [],
  },
  { entity: "trace:/main.agents/e25a7605aec6f0245bd86d40fc891b4a", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "trace:/main.agents/153e7c2a26a2c0bd3b1287fff52ddf5d",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "tr-3bbbe9eaa8948c893b61867626bb7dbd",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: ["größe", "名前"],
  },
  {
    entity: "tr-2eae05cf96d0cc5fd4c28c2e7c26847f",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety"],
  },
  {
    entity: "trace:/main.agents/6b4013ef254b0c4e010c4759482c9cbc",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: [],
  },
  { entity: "session-519088f590fbbd119c1caaf75e8766ed", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "tr-f341e07a83f73f16dbf4a8b2b0c4312d",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "session-dd27a65bd628881ad1b72dba7abe1c2",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: ["größe", "名前"],
  },
  {
    entity: "trace:/main.agents/f3aed0b6c7ac1491def88334e647cb8f",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety"],
  },
  {
    entity: "session-65e7e4236472f1a38f2c6ec8cc4169a3",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: [],
  },
  { entity: "trace:/main.agents/a260cd0b7b45145c1a81682c64e50cad", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "trace:/main.agents/fc132d0d113db17d30cbc97d0fef7928",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "tr-570dc1951c2442f9298cb3a570ccec31",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: ["größe", "名前"],
  },
  {
    entity: "session-9118bb16000f49c81a358ca00d75985d",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety", "tone"],
  },
  {
    entity: "tr-5d158a2ff2ee4e4519f9919c895fd7b3",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: [],
  },
  { entity: "session-353c631cdfd43f371200339d068739fa", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "session-4093f6dea268aa872607679d6050914a",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "trace:/main.agents/1f7296ab7961fd925d39d0a89a2ef80f",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: [],
  },
  {
    entity: "tr-fa529ba3fe3bfada7cf20724d953ee26",
    scorers: [
      ["safety", 1.0],
      ["tone", 0.5],
    ],
    selected: ["safety"],
  },
  {
    entity: "trace:/main.agents/15fc899e4fd58dbe7bdc968b7afb2c68",
    scorers: [
      ["b", 0.25],
      ["a", 0.5],
      ["c", 0.25],
    ],
    selected: [],
  },
  { entity: "tr-bd87a86557b6fb7ebfeaa1551a28f7b3", scorers: [["rare", 0.05]], selected: [] },
  {
    entity: "trace:/main.agents/29540a6eb12aa1f6d42fddbb7a86f7a2",
    scorers: [
      ["none", 0.0],
      ["all", 1.0],
    ],
    selected: ["all"],
  },
  {
    entity: "session-f3b7a50df373ca533488f87605e999f3",
    scorers: [
      ["größe", 0.3],
      ["名前", 0.3],
    ],
    selected: [],
  },
];
