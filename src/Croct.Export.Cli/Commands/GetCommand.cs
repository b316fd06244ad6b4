using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Croct.Export.Cli.Formats;
using Croct.Export.Models;
using Newtonsoft.Json;

namespace Croct.Export.Cli.Commands;

/// <summary><c>croct-export get event|session|user ID</c>.</summary>
internal static class GetCommand
{
    public static Command Create() => new("get", """
        Shows one item.

        Examples:
          croct-export get event 0190a0b6-5f6e-7c3a-8b1d-1f2e3d4c5b6a
          croct-export get session 49fad15c-b1c3-4fc3-a7fe-9c0aaf574fc3
        """)
    {
        Create("event", ExportStream.Events, async (client, id, token) => (await client.ExportEventByIdAsync(id, token)).Event),
        Create("session", ExportStream.Sessions, async (client, id, token) => await client.ExportSessionByIdAsync(id, token)),
        Create("user", ExportStream.Users, async (client, id, token) => await client.ExportUserByIdAsync(id, token)),
    };

    private static Command Create(string name, ExportStream stream, Func<ExportClient, string, CancellationToken, Task<ExportModel?>> get)
    {
        var id = new Argument<string>("id") { Description = $"The id of the {name}." };
        var command = new Command(name, $"""
            Shows one {name} as JSON.

            Examples:
              croct-export get {name} 49fad15c-b1c3-4fc3-a7fe-9c0aaf574fc3
              croct-export get {name} 49fad15c-b1c3-4fc3-a7fe-9c0aaf574fc3 > {name}.json
            """) { id };
        var connection = new ConnectionOptions();
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var source = connection.CreatePlan(parsed, stream);
            source.Validate();
            await using var open = await source.OpenAsync(onRetry: null, handler: null, cancellationToken);
            var item = await get(open.Client, parsed.GetValue(id)!, cancellationToken);
            await Console.Out.WriteLineAsync(item is null ? "null" : Indent(item.ToJson()));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Indents JSON and keeps its names and values as they are. A serializer that indents a model would need reflection.</summary>
    private static string Indent(string json)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using var writer = new JsonTextWriter(text) { Formatting = Formatting.Indented };
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json), new JsonReaderOptions { MaxDepth = ItemContent.MaxDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    writer.WriteEnd();
                    break;
                case JsonTokenType.PropertyName:
                    writer.WritePropertyName(Encoding.UTF8.GetString(reader.ValueSpan), escape: false);
                    break;
                case JsonTokenType.String:
                    writer.WriteRawValue($"\"{Encoding.UTF8.GetString(reader.ValueSpan)}\"");
                    break;
                default:
                    writer.WriteRawValue(Encoding.UTF8.GetString(reader.ValueSpan));
                    break;
            }
        }

        return text.ToString();
    }
}
