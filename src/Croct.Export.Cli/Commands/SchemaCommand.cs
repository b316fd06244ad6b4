using System.CommandLine;
using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export schema events|sessions|users</c>.</summary>
internal static class SchemaCommand
{
    private static readonly Dictionary<string, Func<ContractStream, string>> Languages = new()
    {
        ["markdown"] = stream => TableDefinition.ToMarkdown(Table.Of(stream)),
        ["sql"] = stream => SqlTable.Of(stream).ToSql(stream.Name),
        ["json-schema"] = stream => TableDefinition.ToJsonSchema(Table.Of(stream)),
    };

    public static Command Create()
    {
        var command = new Command("schema", """
            Shows the columns of CSV, Parquet and databases, as Markdown, SQL or JSON Schema.

            Examples:
              croct-export schema events
              croct-export schema users --format sql
            """);
        foreach (var stream in (string[])["events", "sessions", "users"]) command.Add(Create(stream));
        return command;
    }

    private static Command Create(string stream)
    {
        var format = new Option<string>("--format")
        {
            Description = "The format: markdown, sql (for PostgreSQL and DuckDB) or json-schema (2020-12).",
            DefaultValueFactory = _ => "markdown",
        };
        format.AcceptOnlyFromAmong([.. Languages.Keys]);
        var command = new Command(stream, $"""
            Shows the columns of {stream}.

            Examples:
              croct-export schema {stream}
              croct-export schema {stream} --format sql | duckdb croct.db
            """) { format };
        command.SetAction(async (parsed, _) =>
        {
            await Console.Out.WriteAsync(Languages[parsed.GetValue(format)!](ContractDocument.Current.StreamNamed(stream)));
            return ExitCode.Done;
        });
        return command;
    }
}
