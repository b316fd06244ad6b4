using System.CommandLine;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export check</c>.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", """
            Checks that the API can be reached, and reports what the key may read, the unit of
            time windows and the difference between the clocks. It exports nothing.

            Examples:
              croct-export check
              croct-export check --api-key-file /run/secrets/croct
              croct-export check --sandbox
            """);
        var connection = new ConnectionOptions();
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var source = connection.CreatePlan(parsed, stream: null);
            source.Validate();
            using var clock = new ServerClock(source.BaseAddress);
            await using var open = await source.OpenAsync(
                attempt => Terminal.WriteMessage(
                    $"{attempt.Operation["export".Length..].ToLowerInvariant()}: attempt {attempt.Number} failed, " +
                    $"retrying in {attempt.Delay.TotalSeconds:0.0} s: {Failures.DescribeBriefly(attempt.Exception!)}"),
                clock,
                cancellationToken);
            return await new ApiCheck(open.Client, clock, Console.Out).RunAsync(source.TimeUnit, cancellationToken);
        });
        return command;
    }
}
