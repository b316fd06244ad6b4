using System.CommandLine;
using Croct.Export.Cli.Destinations.Databases;
using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export schema [events|sessions|users]</c>.</summary>
internal static class SchemaCommand
{
    private static readonly Dictionary<string, (Func<ContractStream, string> OfOne, Func<string> OfAll)> Languages = new()
    {
        ["markdown"] = (
            stream => TableDefinition.ToMarkdown(Table.Of(stream)),
            () => Join(Streams.Select(stream => $"# {stream.Name}\n\n{TableDefinition.ToMarkdown(Table.Of(stream))}"))),
        ["sql"] = (
            stream => SqlTable.Of(stream).ToSql(stream.Name),
            () => Join(Streams.Select(SqlTable.Of).Concat([ExportRecord.Table, StreamTable.Keys]).Select(table => table.ToSql(table.Name)))),
        ["json-schema"] = (
            stream => TableDefinition.ToJsonSchema(Table.Of(stream)),
            () => TableDefinition.ToJsonSchema([.. Streams.Select(Table.Of)])),
    };

    private static IReadOnlyList<ContractStream> Streams => ContractDocument.Current.Streams;

    public static Command Create()
    {
        var command = new Command("schema", """
            Shows the columns of CSV, Parquet and databases, as Markdown, SQL or JSON Schema.

            Examples:
              croct-export schema events
              croct-export schema users --format sql
              croct-export schema --format sql
            """);
        foreach (var stream in Streams) command.Add(Create(stream.Name));
        var format = CreateFormat("sql (for PostgreSQL, with the tables of croct-export itself)");
        command.Add(format);
        SetAction(command, format, language => language.OfAll());
        return command;
    }

    private static Command Create(string stream)
    {
        var format = CreateFormat("sql (for PostgreSQL and DuckDB)");
        var command = new Command(stream, $"""
            Shows the columns of {stream}.

            Examples:
              croct-export schema {stream}
              croct-export schema {stream} --format sql | duckdb croct.db
            """) { format };
        SetAction(command, format, language => language.OfOne(ContractDocument.Current.StreamNamed(stream)));
        return command;
    }

    private static Option<string> CreateFormat(string sql)
    {
        var format = new Option<string>("--format")
        {
            Description = $"The format: markdown, {sql} or json-schema (2020-12).",
            DefaultValueFactory = _ => "markdown",
        };
        format.AcceptOnlyFromAmong([.. Languages.Keys]);
        return format;
    }

    private static void SetAction(Command command, Option<string> format, Func<(Func<ContractStream, string> OfOne, Func<string> OfAll), string> write) =>
        command.SetAction(async (parsed, _) =>
        {
            await Console.Out.WriteAsync(write(Languages[parsed.GetValue(format)!]));
            return ExitCode.Done;
        });

    private static string Join(IEnumerable<string> texts) => string.Join('\n', texts);
}
