using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Croct.Export.Paging;
using Newtonsoft.Json.Linq;

namespace Croct.Export.Json;

/// <summary>Reads the value that comes next.</summary>
internal delegate T ReadModel<out T>(ref PageReader reader);

/// <summary>
/// What the generated readers stand on: objects, lists and scalars of an answer. Strings come into being only for what a model keeps as a string.
/// </summary>
/// <remarks>Every method reads what comes next. Anything unexpected is a <see cref="JsonFault"/>.</remarks>
internal ref struct PageReader
{
    /// <summary>How deep answers may be nested; far beyond what is sensible, so that one odd item costs no page.</summary>
    public const int MaxDepth = 512;

    /// <summary>Ten times the items of the largest page: an answer with more that cannot be read is no page with odd items, and setting them aside takes its time.</summary>
    private const int MostSetAside = 10_000;

    /// <summary>
    /// The most elements of lists and values of any shape of an answer, some thousands for each item of the largest page. They take far more memory than bytes: a
    /// small answer that decompresses to nothing but brackets would take gigabytes.
    /// </summary>
    private const int MostValues = 2_000_000;

    /// <summary>Longer numbers are kept as text: making a number of them takes time that grows faster than they do, and Newtonsoft.Json does not read them.</summary>
    private const int LongestNumber = 380;

    private readonly ReadOnlySpan<byte> _document;
    private readonly PageArrival? _arrival;
    private readonly CancellationToken _cancellationToken;
    private readonly PageStrings? _strings;
    private JsonScanner _json;
    private string? _unescaped;
    private byte[]? _unescapedBytes;
    private int _depth;
    private int _values;
    private bool _first;

    private PageReader(ReadOnlySpan<byte> document, PageArrival? arrival, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _document = document;
        _arrival = arrival;
        _strings = arrival is null ? null : new PageStrings();
        _json = new JsonScanner(document);
    }

    /// <summary>Reads a whole document; whatever stands behind it is an error.</summary>
    /// <param name="json">The document.</param>
    /// <param name="read">The reader of its model.</param>
    /// <param name="arrival">The page that the document is, if it is one: it may set items aside.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="JsonException">The document is not JSON, or not what was expected; the message names the JSON path.</exception>
    public static T ReadDocument<T>(ReadOnlySpan<byte> json, ReadModel<T> read, PageArrival? arrival = null, CancellationToken cancellationToken = default)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json.Slice(3);
        var reader = new PageReader(json, arrival, cancellationToken);
        try
        {
            var document = read(ref reader);
            reader._json.Peek();
            return reader._json.Position == json.Length ? document : throw reader.Error("There is more after the end of the document");
        }
        catch (JsonFault fault)
        {
            throw fault.In(json);
        }
    }

    /// <summary>The string of the bytes that were given out last, of a name or a text.</summary>
    public readonly string Text(ReadOnlySpan<byte> utf8)
    {
        // Half a surrogate pair is no UTF-8: the bytes do for comparing with known names, but are not the text.
        if (_unescaped is not null && utf8 == _unescapedBytes) return _unescaped;
        try
        {
            return _strings is null ? JsonString.Decode(utf8) : _strings.Of(utf8);
        }
        catch (DecoderFallbackException exception)
        {
            throw Error($"Not UTF-8: {exception.Message}");
        }
    }

    /// <summary>Whether bytes are a known name or value. Most are not, and most of those differ in length: that much is looked at without a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> known) => text.Length == known.Length && text.SequenceEqual(known);

    public readonly JsonFault Error(string message) => new(message, _json.Position);

    /// <summary>Begins an object.</summary>
    public void Begin()
    {
        if (_json.Peek() != '{') throw Unexpected("An object");
        Descend();
    }

    /// <summary>Like <see cref="Begin"/>, and gives the value of the discriminator wherever it stands. All other members are yet to be read.</summary>
    /// <returns>The value; of length 0 when there is none.</returns>
    public ReadOnlySpan<byte> BeginDiscriminated(ReadOnlySpan<byte> discriminator)
    {
        Begin();
        var (start, depth) = (_json.Position, _depth);
        var value = default(ReadOnlySpan<byte>);
        for (var isFirst = true; NextMember(out var name); isFirst = false)
        {
            if (!name.SequenceEqual(discriminator))
            {
                SkipValue();
                continue;
            }

            if (_json.Peek() is (byte)'{' or (byte)'[') throw Unexpected("A string");
            NextIsText(out value);
            if (isFirst) return value;
            break;
        }

        (_json.Position, _depth, _first) = (start, depth, true);
        return value;
    }

    /// <summary>Moves to the value of the next member of the object that was begun, or behind the object's end.</summary>
    public bool NextMember(out ReadOnlySpan<byte> name)
    {
        if (!NextName(out name, out var escaped)) return false;
        if (escaped) name = UnescapedBytes(name);
        return true;
    }

    /// <summary>Moves to the value of a member if it comes next, written as servers write it: without whitespace. If not, nothing is taken.</summary>
    /// <param name="name">The name with its quotes and the colon.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool NextIsMember(ReadOnlySpan<byte> name)
    {
        if (!_json.TryTakeName(_first, name)) return false;
        _first = false;
        return true;
    }

    /// <summary>Tells whether null comes next, and takes it if so.</summary>
    public bool NextIsNull()
    {
        if (_json.Peek() != 'n') return false;
        _json.TakeWord("null"u8);
        return true;
    }

    public void SkipValue() => _json.TakeValue(_depth);

    public string? ReadString() =>
        _json.Peek() == '"' ? TakeText() :
        NextIsNull() ? null :
        ScalarText("A string");

    /// <summary>The bytes of a string, unescaped, to be compared with known values; false for null.</summary>
    public bool NextIsText(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (NextIsNull()) return false;
        if (_json.Peek() == '"')
        {
            text = _json.TakeString(out var escaped);
            if (escaped) text = UnescapedBytes(text);
        }
        else
        {
            text = Encoding.UTF8.GetBytes(ScalarText("A string"));
        }

        return true;
    }

    public bool? ReadBoolean()
    {
        if (NextIsNull()) return null;
        var start = _json.Position;
        return bool.TryParse(ScalarText("A boolean"), out var value) ? value : throw UnexpectedAt(start, "A boolean");
    }

    public int? ReadInt32()
    {
        _json.Peek();
        var start = _json.Position;
        return ReadInt64("A 32-bit integer") switch
        {
            null => null,
            var value and >= int.MinValue and <= int.MaxValue => (int)value,
            _ => throw UnexpectedAt(start, "A 32-bit integer"),
        };
    }

    public long? ReadInt64() => ReadInt64("A 64-bit integer");

    public double? ReadDouble()
    {
        if (NextIsNull()) return null;
        var start = _json.Position;
        if (NextIsNumber && Utf8Parser.TryParse(_json.TakeNumber(), out double value, out _) && IsFinite(value)) return value;
        _json.Position = start;
        return double.TryParse(ScalarText("A number"), NumberStyles.Float, Invariant, out value) && IsFinite(value) ? value : throw UnexpectedAt(start, "A number");

        static bool IsFinite(double value) => !double.IsInfinity(value) && !double.IsNaN(value);
    }

    public decimal? ReadDecimal()
    {
        if (_json.TryTakeDecimal(out var value)) return value;
        if (NextIsNull()) return null;
        var start = _json.Position;
        if (NextIsNumber && Utf8Parser.TryParse(_json.TakeNumber(), out value, out _)) return value;
        _json.Position = start;
        return decimal.TryParse(ScalarText("A decimal number"), NumberStyles.Float, Invariant, out value) ? value : throw UnexpectedAt(start, "A decimal number");
    }

    public Guid? ReadGuid()
    {
        if (_json.TryTakeUuid(out var value)) return value;
        if (NextIsNull()) return null;
        var start = _json.Position;
        return Guid.TryParse(ScalarText("A UUID"), out var other) ? other : throw UnexpectedAt(start, "A UUID");
    }

    /// <summary>A list of strings; a single string stands for a list of one, as some fields had it in older versions of the API.</summary>
    public List<string>? ReadStrings()
    {
        if (NextIsNull()) return null;
        if (NextIsString) return [TakeText()];

        BeginArray();
        var list = new List<string>();
        while (NextCountedElement()) list.Add(NextIsString ? TakeText() : throw Unexpected("A string"));
        return list;
    }

    public List<T>? ReadList<T>(ReadModel<T> readElement)
    {
        if (NextIsNull()) return null;
        var isPage = _depth == 1 && _arrival is { SetsAside: true };
        BeginArray();
        var list = new List<T>();
        if (isPage) ReadOrSetAside(list, readElement);
        else while (NextCountedElement()) list.Add(readElement(ref this));
        return list;
    }

    /// <summary>A list of objects, each as its part of the document.</summary>
    public void ReadItems(ReadOnlyMemory<byte> document, List<ReadOnlyMemory<byte>> items)
    {
        items.Clear();
        if (NextIsNull()) return;
        BeginArray();
        while (NextElement())
        {
            if (_json.Peek() != '{') throw Unexpected("An object");
            var start = _json.Position;
            SkipValue();
            items.Add(document.Slice(start, _json.Position - start));
        }
    }

    public Dictionary<string, string?>? ReadStringMap()
    {
        if (NextIsNull()) return null;
        Begin();
        var map = new Dictionary<string, string?>();
        while (NextText(out var name))
        {
            CountValue();
            map[name] = ReadString();
        }

        return map;
    }

    /// <summary>A value of any shape, or null where there is none.</summary>
    public JToken? ReadFreeForm() => NextIsNull() ? null : ReadAny();

    /// <summary>Keeps the value of a member of any shape, JSON's null included.</summary>
    public void ReadAdditional(ReadOnlySpan<byte> name, ref IDictionary<string, JToken>? members) =>
        (members ??= new Dictionary<string, JToken>())[Text(name)] = ReadAny();

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    private bool NextIsString => _json.Peek() == '"';

    private bool NextIsNumber => _json.Peek() is (byte)'-' or (>= (byte)'0' and <= (byte)'9');

    private JToken ReadAny()
    {
        CountValue();
        switch (_json.Peek())
        {
            case (byte)'{':
                Begin();
                var obj = new JObject();
                while (NextText(out var name)) obj[name] = ReadAny();
                return obj;
            case (byte)'[':
                BeginArray();
                var array = new JArray();
                while (NextElement()) array.Add(ReadAny());
                return array;
            case (byte)'"':
                return new JValue(TakeText());
            case (byte)'n':
                _json.TakeWord("null"u8);
                return JValue.CreateNull();
            case (byte)'t':
                _json.TakeWord("true"u8);
                return new JValue(true);
            case (byte)'f':
                _json.TakeWord("false"u8);
                return new JValue(false);
            default:
                // Minus zero is no integer of .NET.
                var start = _json.Position;
                if (_json.TryTakeInteger(out var integer) && (integer != 0 || _document[start] == '0')) return new JValue(integer);
                _json.Position = start;
                return ExactNumber(JsonString.Decode(_json.TakeNumber()));
        }
    }

    /// <summary>A number without loss: an integer of any size, or a fraction as the first of decimal, double and raw text that gives back the very digits.</summary>
    private static JValue ExactNumber(string literal)
    {
        if (literal == "-0" || literal.Length > LongestNumber) return new JRaw(literal);
        if (literal.IndexOfAny(['.', 'e', 'E']) < 0)
        {
            var integer = BigInteger.Parse(literal, NumberStyles.AllowLeadingSign, Invariant);
            return integer >= long.MinValue && integer <= long.MaxValue ? new JValue((long)integer) : new JValue(integer);
        }

        if (decimal.TryParse(literal, NumberStyles.Float, Invariant, out var exact) && exact.ToString(Invariant) == literal) return new JValue(exact);
        if (double.TryParse(literal, NumberStyles.Float, Invariant, out var value) && value.ToString("R", Invariant) == literal) return new JValue(value);
        return new JRaw(literal);
    }

    private long? ReadInt64(string expected)
    {
        if (_json.TryTakeInteger(out var value)) return value;
        if (NextIsNull()) return null;
        var start = _json.Position;
        var text = ScalarText(expected);

        // A decimal has 28 digits and is rounded beyond: a fraction of more could pass for a whole number.
        return (text.Length <= 28 || text.IndexOf('.') < 0) && decimal.TryParse(text, NumberStyles.Float, Invariant, out var number)
            && number == decimal.Truncate(number) && number >= long.MinValue && number <= long.MaxValue
                ? (long)number
                : throw UnexpectedAt(start, expected);
    }

    /// <summary>Reads the items of a page; one that does not fit is set aside. What is no JSON is the fault of the page.</summary>
    private void ReadOrSetAside<T>(List<T> list, ReadModel<T> readElement)
    {
        var invalid = 0;
        for (var index = 0; NextCountedElement(); index++)
        {
            _json.Peek();
            var start = this;
            try
            {
                list.Add(readElement(ref this));
            }
            catch (JsonFault fault)
            {
                var values = _values;
                this = start;
                _values = values;
                SkipValue();
                if (++invalid > MostSetAside) throw new JsonFault($"More than {MostSetAside} items cannot be read", start._json.Position);
                var from = start._json.Position;
                _arrival!.SetAside(index, _document.Slice(from, _json.Position - from), fault.InItem(index, _document.Slice(0, _json.Position), from));
            }
        }
    }

    private void BeginArray()
    {
        if (_json.Peek() != '[') throw Unexpected("An array");
        Descend();
    }

    private void Descend()
    {
        _json.CheckDepth(_depth);
        _json.Position++;
        _depth++;
        _first = true;
    }

    /// <summary>Moves to the next element of the array that was begun, past the comma before it, or behind the array's end.</summary>
    private bool NextElement()
    {
        if (_json.Take((byte)']'))
        {
            Ascend();
            return false;
        }

        if (!_first && !_json.Take((byte)',')) throw _json.Malformed("A comma or ']' was expected");
        _first = false;
        return true;
    }

    private bool NextCountedElement()
    {
        if (!NextElement()) return false;
        CountValue();
        return true;
    }

    private void CountValue()
    {
        if (++_values > MostValues) throw Error($"The answer has more than {MostValues} values");
        if (_values % 1024 == 0) _cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Like <see cref="NextMember"/>, with the name as a string, half surrogate pairs included.</summary>
    private bool NextText(out string name)
    {
        name = "";
        if (!NextName(out var text, out var escaped)) return false;
        name = escaped ? Unescape(text) : Text(text);
        return true;
    }

    private bool NextName(out ReadOnlySpan<byte> name, out bool escaped)
    {
        if (_json.TakeName(_first, out name, out escaped))
        {
            _first = false;
            return true;
        }

        Ascend();
        return false;
    }

    private void Ascend()
    {
        _depth--;
        _first = false;
    }

    private string TakeText()
    {
        var text = _json.TakeString(out var escaped);
        return escaped ? Unescape(text) : Text(text);
    }

    private byte[] UnescapedBytes(scoped ReadOnlySpan<byte> escaped)
    {
        _unescaped = Unescape(escaped);
        return _unescapedBytes = Encoding.UTF8.GetBytes(_unescaped);
    }

    private readonly string Unescape(scoped ReadOnlySpan<byte> escaped)
    {
        try
        {
            return JsonString.Unescape(escaped);
        }
        catch (DecoderFallbackException exception)
        {
            throw Error($"Not UTF-8: {exception.Message}");
        }
    }

    /// <summary>The text of a string, a number or a boolean.</summary>
    private string ScalarText(string expected)
    {
        switch (_json.Peek())
        {
            case (byte)'"':
                return TakeText();
            case (byte)'t':
                _json.TakeWord("true"u8);
                return "true";
            case (byte)'f':
                _json.TakeWord("false"u8);
                return "false";
            case (byte)'{' or (byte)'[' or (byte)'n':
                throw Unexpected(expected);
            default:
                return Text(_json.TakeNumber());
        }
    }

    private JsonFault UnexpectedAt(int position, string expected)
    {
        _json.Position = position;
        return Unexpected(expected);
    }

    /// <summary>An error about the value that comes next.</summary>
    private JsonFault Unexpected(string expected)
    {
        var (next, at) = (_json.Peek(), _json.Position);
        var found = next switch
        {
            (byte)'{' => "an object",
            (byte)'[' => "an array",
            (byte)'n' => "null",
            (byte)'"' => $"the string '{ForeignText.Excerpt(TakeText())}'",
            _ => ForeignText.Excerpt(ScalarText(expected)),
        };
        return new JsonFault($"{expected} was expected, not {found}", at);
    }
}
