using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Croct.Export.Json;

/// <summary>Finds the path of an error in a document. This happens only after an error, so readers need not keep track of the path.</summary>
internal static class JsonPath
{
    /// <summary>Creates the exception for an error in a document. Its message names the byte and the path.</summary>
    public static JsonException CreateErrorAt(ReadOnlySpan<byte> document, string message, int position) =>
        new(FormattableString.Invariant($"{message}. Path '{At(document, position)}', byte {position}."));

    /// <summary>Returns the path, such as <c>items[3].payload['@type']</c>, of the token at a byte, or of the last readable token before it.</summary>
    private static string At(ReadOnlySpan<byte> document, int position)
    {
        var reader = new Utf8JsonReader(document, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = ModelReader.MaxDepth }));
        var steps = new List<(string? Name, int Index)>();
        try
        {
            while (reader.TokenStartIndex < position && reader.Read()) Follow(ref reader, steps);
        }
        catch (JsonException)
        {
            // The document is not JSON from here on. The result is the path up to here.
        }

        var path = new StringBuilder();
        foreach (var (name, index) in steps) Append(path, name, index);
        return path.ToString();
    }

    /// <summary>Keeps one step for each object and array around the token: the name of the member, or the index of the element, that contains it.</summary>
    private static void Follow(ref Utf8JsonReader reader, List<(string? Name, int Index)> steps)
    {
        var depth = reader.CurrentDepth;
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                steps.RemoveAt(depth);
                return;
            case JsonTokenType.PropertyName:
                steps[depth - 1] = (NameOf(reader), 0);
                return;
        }

        if (depth > 0 && steps[depth - 1] is (null, var index)) steps[depth - 1] = (null, index + 1);
        if (reader.TokenType == JsonTokenType.StartArray) steps.Add((null, -1));
        if (reader.TokenType == JsonTokenType.StartObject) steps.Add(("", 0));
    }

    private static string NameOf(Utf8JsonReader reader)
    {
        try
        {
            return ForeignText.Excerpt(JsonString.Unescape(reader.ValueSpan));
        }
        catch (DecoderFallbackException)
        {
            return "?";
        }
    }

    private static void Append(StringBuilder path, string? name, int index)
    {
        if (name is null)
        {
            if (index >= 0) path.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
        }
        else if (name.Length > 0 && name.All(c => char.IsLetterOrDigit(c) || c == '_'))
        {
            path.Append(path.Length > 0 ? "." : "").Append(name);
        }
        else if (name.Length > 0)
        {
            path.Append("['").Append(name).Append("']");
        }
    }
}
