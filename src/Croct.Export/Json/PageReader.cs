using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Json;

/// <summary>Reads a value on whose first token the reader stands, and leaves the reader on its last one.</summary>
internal delegate T ReadModel<out T>(ref PageReader reader);

/// <summary>
/// What the generated readers stand on: objects, lists and scalars of an answer, token by token over its bytes. Strings come into being only
/// for what a model keeps as a string.
/// </summary>
/// <remarks>
/// A reader of a model is called when the reader stands on the first token of its value, and leaves it on the last one. The scalar
/// methods move to the value themselves. Anything unexpected is a <see cref="JsonException"/> that names the JSON path.
/// </remarks>
internal ref struct PageReader
{
    /// <summary>How deep answers may be nested; far beyond what is sensible, so that one odd item costs no page.</summary>
    public const int MaxDepth = 512;

    private readonly ReadOnlySpan<byte> _document;
    private Utf8JsonReader _json;

    private PageReader(ReadOnlySpan<byte> document)
    {
        _document = document;
        _json = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>Reads a whole document; whatever stands behind it is an error.</summary>
    /// <exception cref="JsonException">The document is not JSON, or not what was expected.</exception>
    public static T ReadDocument<T>(ReadOnlySpan<byte> json, ReadModel<T> read)
    {
        var reader = new PageReader(json.StartsWith("\uFEFF"u8) ? json.Slice(3) : json);
        reader.Move();
        var document = read(ref reader);
        reader._json.Read();
        return document;
    }

    /// <summary>What bytes of <see cref="NextIsText"/> and <see cref="BeginDiscriminated"/> say.</summary>
    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8.ToArray());

    public readonly JsonException Error(string message) => new($"{message}. Path '{JsonPath.At(_document, _json.TokenStartIndex)}'.");

    /// <summary>Makes sure that the reader stands on the start of an object.</summary>
    public readonly void Begin()
    {
        if (_json.TokenType != JsonTokenType.StartObject) throw Unexpected("An object");
    }

    /// <summary>Like <see cref="Begin"/>, and gives the value of the discriminator wherever it stands; the members are yet to be read, all of them.</summary>
    /// <returns>The value; of length 0 when there is none.</returns>
    public readonly ReadOnlySpan<byte> BeginDiscriminated(ReadOnlySpan<byte> discriminator)
    {
        Begin();
        var ahead = this;
        while (ahead.NextMember(out var name))
        {
            ahead.Move();
            if (name.SequenceEqual(discriminator)) return ahead.Discriminator(discriminator);
            ahead._json.Skip();
        }

        return default;
    }

    /// <summary>Moves to the next member of the object that was begun, or to the object's end.</summary>
    public bool NextMember(out ReadOnlySpan<byte> name)
    {
        Move();
        if (_json.TokenType != JsonTokenType.PropertyName)
        {
            name = default;
            return false;
        }

        name = _json.ValueIsEscaped ? Encoding.UTF8.GetBytes(Text()) : _json.ValueSpan;
        return true;
    }

    /// <summary>Moves to the value of a member and tells whether it is null.</summary>
    public bool NextIsNull()
    {
        Move();
        return _json.TokenType == JsonTokenType.Null;
    }

    /// <summary>Passes over the value of a member.</summary>
    public void SkipMember() => _json.Skip();

    public string? ReadString()
    {
        Move();
        return _json.TokenType switch
        {
            JsonTokenType.String => Text(),
            JsonTokenType.Null => null,
            _ => ScalarText("A string"),
        };
    }

    /// <summary>The bytes of a string, unescaped, to be compared with known values; null when there is none.</summary>
    public bool NextIsText(out ReadOnlySpan<byte> text)
    {
        Move();
        text = default;
        if (_json.TokenType == JsonTokenType.Null) return false;
        text = _json.TokenType == JsonTokenType.String && !_json.ValueIsEscaped ? _json.ValueSpan : Encoding.UTF8.GetBytes(ScalarText("A string"));
        return true;
    }

    public bool? ReadBoolean()
    {
        Move();
        return _json.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => bool.TryParse(ScalarText("A boolean"), out var value) ? value : throw Unexpected("A boolean"),
        };
    }

    public int? ReadInt32() => ReadInt64() switch
    {
        null => null,
        var value and >= int.MinValue and <= int.MaxValue => (int)value,
        _ => throw Unexpected("A 32-bit integer"),
    };

    public long? ReadInt64()
    {
        Move();
        if (_json.TokenType == JsonTokenType.Number && Utf8Parser.TryParse(_json.ValueSpan, out long value, out var length) && length == _json.ValueSpan.Length)
        {
            return value;
        }

        if (_json.TokenType == JsonTokenType.Null) return null;
        return decimal.TryParse(ScalarText("A 64-bit integer"), NumberStyles.Float, Invariant, out var number)
            && number == decimal.Truncate(number) && number >= long.MinValue && number <= long.MaxValue
                ? (long)number
                : throw Unexpected("A 64-bit integer");
    }

    public double? ReadDouble()
    {
        Move();
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetDouble(out var value)) return value;
        if (_json.TokenType == JsonTokenType.Null) return null;
        return double.TryParse(ScalarText("A number"), NumberStyles.Float, Invariant, out value) ? value : throw Unexpected("A number");
    }

    public decimal? ReadDecimal()
    {
        Move();
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetDecimal(out var value)) return value;
        if (_json.TokenType == JsonTokenType.Null) return null;
        return decimal.TryParse(ScalarText("A decimal number"), NumberStyles.Float, Invariant, out value) ? value : throw Unexpected("A decimal number");
    }

    public Guid? ReadGuid()
    {
        Move();
        if (_json.TokenType == JsonTokenType.String && Utf8Parser.TryParse(_json.ValueSpan, out Guid value, out var length) && length == _json.ValueSpan.Length)
        {
            return value;
        }

        if (_json.TokenType == JsonTokenType.Null) return null;
        return Guid.TryParse(ScalarText("A UUID"), out value) ? value : throw Unexpected("A UUID");
    }

    /// <summary>A list of strings; a single string stands for a list of one, as some fields had it in older versions of the API.</summary>
    public List<string>? ReadStrings()
    {
        if (NextIsNull()) return null;
        if (_json.TokenType == JsonTokenType.String) return [Text()];

        BeginArray();
        var list = new List<string>();
        while (NextElement()) list.Add(_json.TokenType == JsonTokenType.String ? Text() : throw Unexpected("A string"));
        return list;
    }

    public List<T>? ReadList<T>(ReadModel<T> readElement)
    {
        if (NextIsNull()) return null;
        BeginArray();
        var list = new List<T>();
        while (NextElement()) list.Add(readElement(ref this));
        return list;
    }

    public Dictionary<string, string?>? ReadStringMap()
    {
        if (NextIsNull()) return null;
        Begin();
        var map = new Dictionary<string, string?>();
        while (NextMember(out _))
        {
            var name = Text();
            map[name] = ReadString();
        }

        return map;
    }

    /// <summary>A value of any shape, or null where there is none.</summary>
    public JToken? ReadFreeForm() => NextIsNull() ? null : CurrentValue();

    /// <summary>Keeps the member on whose name the reader stands, JSON's null included.</summary>
    public void ReadAdditional(ref IDictionary<string, JToken>? members)
    {
        var name = Text();
        Move();
        (members ??= new Dictionary<string, JToken>())[name] = CurrentValue();
    }

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    /// <summary>A number as it was written.</summary>
    private readonly string Literal => Text(_json.ValueSpan);

    private JToken CurrentValue()
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.StartObject:
                var obj = new JObject();
                while (NextMember(out _))
                {
                    var name = Text();
                    Move();
                    obj[name] = CurrentValue();
                }

                return obj;
            case JsonTokenType.StartArray:
                var array = new JArray();
                while (NextElement()) array.Add(CurrentValue());
                return array;
            case JsonTokenType.Number:
                return Number();
            case JsonTokenType.String:
                return new JValue(Text());
            case JsonTokenType.True or JsonTokenType.False:
                return new JValue(_json.TokenType == JsonTokenType.True);
            default:
                return JValue.CreateNull();
        }
    }

    /// <summary>A number without loss: an integer of any size, or a fraction as the first of decimal, double and raw text that gives back the very digits.</summary>
    private readonly JValue Number()
    {
        if (Utf8Parser.TryParse(_json.ValueSpan, out long integer, out var length) && length == _json.ValueSpan.Length) return new JValue(integer);
        var literal = Literal;
        if (literal.IndexOfAny(['.', 'e', 'E']) < 0) return new JValue(BigInteger.Parse(literal, NumberStyles.AllowLeadingSign, Invariant));
        if (decimal.TryParse(literal, NumberStyles.Float, Invariant, out var exact) && exact.ToString(Invariant) == literal) return new JValue(exact);
        if (double.TryParse(literal, NumberStyles.Float, Invariant, out var value) && value.ToString("R", Invariant) == literal) return new JValue(value);
        return new JRaw(literal);
    }

    private readonly ReadOnlySpan<byte> Discriminator(ReadOnlySpan<byte> discriminator) => _json.TokenType switch
    {
        JsonTokenType.Null => default,
        JsonTokenType.StartObject or JsonTokenType.StartArray => throw Error($"A string was expected for the discriminator '{Text(discriminator)}'"),
        JsonTokenType.String when _json.ValueIsEscaped => Encoding.UTF8.GetBytes(Text()),
        _ => _json.ValueSpan,
    };

    private readonly void BeginArray()
    {
        if (_json.TokenType != JsonTokenType.StartArray) throw Unexpected("An array");
    }

    private bool NextElement()
    {
        Move();
        return _json.TokenType != JsonTokenType.EndArray;
    }

    private void Move()
    {
        if (!_json.Read()) throw Error("The JSON ends too early");
    }

    /// <summary>The string or the name on which the reader stands.</summary>
    private readonly string Text()
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate pair, or bytes that are no UTF-8. The former is what a server makes of an emoji when it shortens a text.
            return LoneSurrogates.Unescape(_json.ValueSpan) ?? throw Error($"Bytes that are not UTF-8 were found ({exception.Message})");
        }
    }

    /// <summary>The text of a string, a number or a boolean.</summary>
    private readonly string ScalarText(string expected) => _json.TokenType switch
    {
        JsonTokenType.String => Text(),
        JsonTokenType.Number => Literal,
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => throw Unexpected(expected),
    };

    private readonly JsonException Unexpected(string expected) => Error($"{expected} was expected, not " + _json.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Null => "null",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.String => $"the string '{Text()}'",
        JsonTokenType.Number => $"the number {Literal}",
        _ => _json.TokenType.ToString(),
    });
}
