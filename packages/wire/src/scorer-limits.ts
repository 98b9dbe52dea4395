/**
 * How many scorers Databricks runs in one experiment.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/eval-monitor/production-monitoring
 */
export const mostScorers = 20;
