using System.CommandLine;
using Croct.Export.Cli.Formats.Tables;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export schema events|sessions|users</c>.</summary>
internal static class SchemaCommand
{
    public static Command Create() => new("schema", """
        Shows the columns of CSV and Parquet files.

        Examples:
          croct-export schema events
          croct-export schema users > users.md
        """)
    {
        Create(new EventTable()),
        Create(new SessionTable()),
        Create(new UserTable()),
    };

    private static Command Create<T>(Table<T> table)
    {
        var command = new Command(table.Name, $"""
            Shows the columns of {table.Name} as a table of Markdown.

            Examples:
              croct-export schema {table.Name}
              croct-export schema {table.Name} > {table.Name}.md
            """);
        command.SetAction(async (_, _) =>
        {
            await Console.Out.WriteAsync(table.ToMarkdown());
            return ExitCode.Done;
        });
        return command;
    }
}
