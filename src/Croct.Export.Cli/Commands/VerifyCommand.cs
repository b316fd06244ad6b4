using System.CommandLine;
using Croct.Export.Cli.Destinations.Databases;
using Croct.Export.Cli.Planning;
using Croct.Export.Cli.Running;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export verify</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create(Interruption interruption)
    {
        var command = new Command("verify", """
            Proves that datasets are complete: every part is as it was written, follows the one
            before it, and no slice is missing; or that exports to a database are. The exit code
            is 0 only then.

            Examples:
              croct-export verify --output data/
              croct-export verify --output data/ --start 2026-01-01 --end today --against-api
              croct-export verify --output data/ --start -7d --repair
              croct-export verify --against-api \
                --output "postgres://loader@db.example/shop?schema=croct"
            """);
        var output = new Option<string>("--output", "-o")
        {
            Description = "The folder of the datasets, s3://BUCKET/PREFIX/ or az://CONTAINER/PREFIX/, with a slash at the end, " +
                "or postgres://USER@HOST/DATABASE?schema=SCHEMA.",
            Required = true,
            HelpName = "DIR/|URL/",
        };
        var start = ExportSettings.Time("--start", "Start of the slices to verify, inclusive", "the first one that there is by default");
        var end = ExportSettings.Time("--end", "End of the slices to verify, exclusive", "that of the last one by default");
        var againstApi = new Option<bool>("--against-api")
        {
            Description = "Compare with the API too: each item that it has now must be there, in its newest version and once.",
        };
        var repair = new Option<bool>("--repair")
        {
            Description = "Compare with the API, and add what is missing: unfinished and missing slices, late and changed items. Nothing is ever removed.",
        };
        var parallel = new Option<int>("--parallel")
        {
            Description = "The number of slices to verify at the same time: 1 to 64.",
            CustomParser = result => (int)Parse.Number(result, 1, 64),
            DefaultValueFactory = _ => 1,
            HelpName = "N",
        };
        var report = new Option<string?>("--report") { Description = "Write what was found to this file, as JSON.", HelpName = "FILE" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Show only what is wrong." };
        var settle = ExportSettings.Settle("With --repair");
        var store = new StoreSettings();
        var connection = new ConnectionOptions();
        foreach (var option in (Option[])[output, start, end, againstApi, repair, settle, .. store.Options, parallel, report, quiet])
        {
            command.Options.Add(option);
        }

        connection.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(output) is { } folder && !StorePlan.IsDataset(folder))
            {
                result.AddError($"{output.Name} was '{folder}'; it must be the folder of a dataset, with a slash at the end.");
            }
        });
        command.SetAction((parsed, _) => new VerifyPlan
        {
            Place = CreatePlace(parsed),
            Start = parsed.GetValue(start),
            End = parsed.GetValue(end),
            CreateSource = parsed.GetValue(againstApi) || parsed.GetValue(repair) ? stream => connection.CreatePlan(parsed, stream) : null,
            IsRepair = parsed.GetValue(repair),
            Settle = parsed.GetValue(settle) ?? DatasetPlan.DefaultSettle,
            Parallel = parsed.GetValue(parallel),
            Report = parsed.GetValue(report),
            IsQuiet = parsed.GetValue(quiet),
        }.RunAsync(interruption));
        return command;

        VerifiedPlace CreatePlace(ParseResult parsed)
        {
            var target = parsed.GetValue(output)!;
            if (!DatabaseAddress.IsAddress(target)) return new VerifiedParts(store.CreatePlan(parsed, target, connection));
            return new VerifiedDatabase(target, DatabaseAddress.Parse(target), DatabaseSettings.CreateOptions(parsed, connection, store.Options));
        }
    }
}
